import type { Cloud, RequestContext } from "../../../service.ts";
import { iamPage } from "../entity.ts";
import { limitExceeded, noSuchEntity, noSuchPolicy, noSuchRole, notAttachable } from "../errors.ts";
import { POLICIES_PER_ROLE_MAX, ROLE_INLINE_POLICIES_MAX } from "../limits.ts";
import { PolicyBook } from "../policy-book.ts";
import { checkIdentityPolicy, documentLength, encodeDocument } from "../policy-document.ts";
import type { IamHandlers } from "../sdk.ts";
import { iamTables, type Role } from "../state.ts";

/** The policies of a role: inline ones and attached managed ones. */
export function rolePolicyOperations({ store }: Cloud) {
  const roleOf = (context: RequestContext, name = ""): Role => {
    const role = iamTables(store, context.account).roles.get(name);
    if (role === undefined) throw noSuchRole(name);
    return role;
  };
  const save = (context: RequestContext, role: Role) =>
    iamTables(store, context.account).roles.set(role.name, role);
  const book = new PolicyBook(store);

  return {
    PutRolePolicy(input, context) {
      const role = roleOf(context, input.RoleName);
      const document = input.PolicyDocument ?? "";
      checkIdentityPolicy(document);
      const inlinePolicies = { ...role.inlinePolicies, [input.PolicyName ?? ""]: document };
      const sizes = Object.values(inlinePolicies).map(documentLength);
      if (sizes.reduce((sum, size) => sum + size, 0) > ROLE_INLINE_POLICIES_MAX) {
        throw limitExceeded(
          `Maximum policy size of ${ROLE_INLINE_POLICIES_MAX} bytes exceeded for role ${role.name}`,
        );
      }
      save(context, { ...role, inlinePolicies });
      return {};
    },

    GetRolePolicy(input, context) {
      const role = roleOf(context, input.RoleName);
      const document = inlinePolicy(role, input.PolicyName);
      return {
        RoleName: role.name,
        PolicyName: input.PolicyName,
        PolicyDocument: encodeDocument(document),
      };
    },

    ListRolePolicies(input, context) {
      const names = Object.keys(roleOf(context, input.RoleName).inlinePolicies);
      const { items, ...page } = iamPage(names, (name) => name, input);
      return { PolicyNames: items, ...page };
    },

    DeleteRolePolicy(input, context) {
      const role = roleOf(context, input.RoleName);
      inlinePolicy(role, input.PolicyName);
      const kept = Object.entries(role.inlinePolicies).filter(
        ([name]) => name !== input.PolicyName,
      );
      save(context, { ...role, inlinePolicies: Object.fromEntries(kept) });
      return {};
    },

    AttachRolePolicy(input, context) {
      const role = roleOf(context, input.RoleName);
      const arn = input.PolicyArn ?? "";
      if (book.find(context, arn) === undefined) throw notAttachable(arn);
      // Attaching twice is no error.
      if (role.attachedPolicies.includes(arn)) return {};
      if (role.attachedPolicies.length >= POLICIES_PER_ROLE_MAX) {
        throw limitExceeded(`Cannot exceed quota for PoliciesPerRole: ${POLICIES_PER_ROLE_MAX}`);
      }
      save(context, { ...role, attachedPolicies: [...role.attachedPolicies, arn] });
      return {};
    },

    DetachRolePolicy(input, context) {
      const role = roleOf(context, input.RoleName);
      const arn = input.PolicyArn ?? "";
      if (!role.attachedPolicies.includes(arn)) throw noSuchPolicy(arn);
      const attachedPolicies = role.attachedPolicies.filter((attached) => attached !== arn);
      save(context, { ...role, attachedPolicies });
      return {};
    },

    ListAttachedRolePolicies(input, context) {
      const prefix = input.PathPrefix ?? "/";
      const policies = roleOf(context, input.RoleName)
        .attachedPolicies.flatMap((arn) => book.find(context, arn) ?? [])
        .filter(({ path }) => path.startsWith(prefix));
      const { items, ...page } = iamPage(policies, ({ name }) => name, input);
      const AttachedPolicies = items.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn }));
      return { AttachedPolicies, ...page };
    },
  } satisfies IamHandlers;
}

function inlinePolicy(role: Role, name = ""): string {
  const document = Object.hasOwn(role.inlinePolicies, name) ? role.inlinePolicies[name] : undefined;
  if (document === undefined) {
    throw noSuchEntity(`The role policy with name ${name} cannot be found.`);
  }
  return document;
}
