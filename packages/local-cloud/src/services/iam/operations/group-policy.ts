import type { Cloud, RequestContext } from "../../../service.ts";
import { attachedPolicyPage, iamPage } from "../entity.ts";
import { limitExceeded, noSuchPolicy, notAttachable } from "../errors.ts";
import { findGroup } from "../group-lookup.ts";
import { inlinePolicyOf, withInlinePolicy, withoutInlinePolicy } from "../inline-policies.ts";
import { GROUP_INLINE_POLICIES_MAX, POLICIES_PER_GROUP_MAX } from "../limits.ts";
import { PolicyBook } from "../policy-book.ts";
import { encodeDocument } from "../policy-document.ts";
import type { IamHandlers } from "../sdk.ts";
import { type Group, iamTables } from "../state.ts";

/** The policies of a group, which are those of everybody in it. */
export function groupPolicyOperations({ store }: Cloud) {
  const book = new PolicyBook(store);
  const groupOf = (context: RequestContext, name: string | undefined) =>
    findGroup(store, context, name);
  const save = ({ account }: RequestContext, group: Group) =>
    iamTables(store, account).groups.set(group.name, group);

  return {
    PutGroupPolicy(input, context) {
      const group = groupOf(context, input.GroupName);
      const { PolicyName: name = "", PolicyDocument: document = "" } = input;
      const mostBytes = GROUP_INLINE_POLICIES_MAX;
      const inlinePolicies = withInlinePolicy(group, "group", { name, document, mostBytes });
      save(context, { ...group, inlinePolicies });
      return {};
    },

    GetGroupPolicy(input, context) {
      const group = groupOf(context, input.GroupName);
      const document = inlinePolicyOf(group, "group", input.PolicyName);
      return {
        GroupName: group.name,
        PolicyName: input.PolicyName,
        PolicyDocument: encodeDocument(document),
      };
    },

    ListGroupPolicies(input, context) {
      const names = Object.keys(groupOf(context, input.GroupName).inlinePolicies);
      const { items, ...page } = iamPage(names, (name) => name, input);
      return { PolicyNames: items, ...page };
    },

    DeleteGroupPolicy(input, context) {
      const group = groupOf(context, input.GroupName);
      const inlinePolicies = withoutInlinePolicy(group, "group", input.PolicyName);
      save(context, { ...group, inlinePolicies });
      return {};
    },

    AttachGroupPolicy(input, context) {
      const group = groupOf(context, input.GroupName);
      const arn = input.PolicyArn ?? "";
      if (book.find(context, arn) === undefined) throw notAttachable(arn);
      if (group.attachedPolicies.includes(arn)) return {};
      if (group.attachedPolicies.length >= POLICIES_PER_GROUP_MAX) {
        throw limitExceeded(`Cannot exceed quota for PoliciesPerGroup: ${POLICIES_PER_GROUP_MAX}`);
      }
      save(context, { ...group, attachedPolicies: [...group.attachedPolicies, arn] });
      return {};
    },

    DetachGroupPolicy(input, context) {
      const group = groupOf(context, input.GroupName);
      const arn = input.PolicyArn ?? "";
      if (!group.attachedPolicies.includes(arn)) throw noSuchPolicy(arn);
      const attachedPolicies = group.attachedPolicies.filter((attached) => attached !== arn);
      save(context, { ...group, attachedPolicies });
      return {};
    },

    ListAttachedGroupPolicies(input, context) {
      return attachedPolicyPage(groupOf(context, input.GroupName).attachedPolicies, input);
    },
  } satisfies IamHandlers;
}
