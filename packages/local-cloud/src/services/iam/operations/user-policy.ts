import type { Cloud, RequestContext } from "../../../service.ts";
import { iamPage } from "../entity.ts";
import { notAttachable } from "../errors.ts";
import { inlinePolicyOf, withInlinePolicy, withoutInlinePolicy } from "../inline-policies.ts";
import { USER_INLINE_POLICIES_MAX } from "../limits.ts";
import { PolicyBook } from "../policy-book.ts";
import { encodeDocument } from "../policy-document.ts";
import type { IamHandlers } from "../sdk.ts";
import { iamTables, type User } from "../state.ts";
import { findUser } from "../user-lookup.ts";

/** The inline policies of a user, and its boundary. */
export function userPolicyOperations({ store }: Cloud) {
  const book = new PolicyBook(store);
  const save = ({ account }: RequestContext, user: User) =>
    iamTables(store, account).users.set(user.name, user);

  return {
    PutUserPolicy(input, context) {
      const user = findUser(store, context, input.UserName);
      const { PolicyName: name = "", PolicyDocument: document = "" } = input;
      const mostBytes = USER_INLINE_POLICIES_MAX;
      const inlinePolicies = withInlinePolicy(user, "user", { name, document, mostBytes });
      save(context, { ...user, inlinePolicies });
      return {};
    },

    GetUserPolicy(input, context) {
      const user = findUser(store, context, input.UserName);
      const document = inlinePolicyOf(user, "user", input.PolicyName);
      return {
        UserName: user.name,
        PolicyName: input.PolicyName,
        PolicyDocument: encodeDocument(document),
      };
    },

    ListUserPolicies(input, context) {
      const names = Object.keys(findUser(store, context, input.UserName).inlinePolicies);
      const { items, ...page } = iamPage(names, (name) => name, input);
      return { PolicyNames: items, ...page };
    },

    DeleteUserPolicy(input, context) {
      const user = findUser(store, context, input.UserName);
      const inlinePolicies = withoutInlinePolicy(user, "user", input.PolicyName);
      save(context, { ...user, inlinePolicies });
      return {};
    },

    PutUserPermissionsBoundary(input, context) {
      const user = findUser(store, context, input.UserName);
      const arn = input.PermissionsBoundary ?? "";
      if (book.find(context, arn) === undefined) throw notAttachable(arn);
      save(context, { ...user, permissionsBoundary: arn });
      return {};
    },

    DeleteUserPermissionsBoundary(input, context) {
      const user = findUser(store, context, input.UserName);
      save(context, { ...user, permissionsBoundary: undefined });
      return {};
    },
  } satisfies IamHandlers;
}
