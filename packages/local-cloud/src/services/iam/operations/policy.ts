import type { Cloud, RequestContext } from "../../../service.ts";
import { wholeSecond } from "../../dates.ts";
import { entityArn, iamPage, mergeTags, pathOf, tagList, withoutTags } from "../entity.ts";
import { alreadyExists, deleteConflict } from "../errors.ts";
import { MANAGED_POLICIES } from "../managed-policies.ts";
import { PolicyBook } from "../policy-book.ts";
import { checkManagedPolicy } from "../policy-document.ts";
import type { IamHandlers, IamInput } from "../sdk.ts";
import { iamTables, type Policy, type PolicyHolder, uniqueId } from "../state.ts";

export function policyOperations({ store, clock, random }: Cloud) {
  const book = new PolicyBook(store);
  const describe = (context: RequestContext, policy: Policy) =>
    describePolicy(policy, book.attachmentCount(context, policy.arn));

  return {
    CreatePolicy(input, context) {
      const name = input.PolicyName ?? "";
      const path = pathOf(input.Path);
      const document = input.PolicyDocument ?? "";
      checkManagedPolicy(document);
      const taken = book.own(context).some((policy) => policy.name === name);
      if (taken) {
        throw alreadyExists(
          `A policy called ${name} already exists. Duplicate names are not allowed.`,
        );
      }
      const nowMs = clock.nowMs();
      const policy: Policy = {
        name,
        path,
        id: uniqueId(random, "ANPA"),
        arn: entityArn(context, "policy", path, name),
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
        description: input.Description,
        tags: mergeTags([], input.Tags),
        versions: [{ id: "v1", document, createdAtMs: nowMs }],
        defaultVersionId: "v1",
        lastVersionNumber: 1,
      };
      book.save(context, policy);
      return { Policy: describePolicy(policy, 0) };
    },

    GetPolicy: (input, context) => ({
      Policy: describe(context, book.get(context, input.PolicyArn)),
    }),

    ListPolicies(input, context) {
      const counted = [...policiesInScope(input, book.own(context))].map((policy) =>
        describe(context, policy),
      );
      const wanted = counted.filter(
        ({ AttachmentCount, Path }) =>
          (input.OnlyAttached !== true || AttachmentCount > 0) &&
          Path.startsWith(input.PathPrefix ?? "/"),
      );
      const { items, ...page } = iamPage(wanted, ({ Arn }) => Arn, input);
      return { Policies: items.map(listedPolicy), ...page };
    },

    DeletePolicy(input, context) {
      const policy = book.getOwn(context, input.PolicyArn);
      if (book.attachmentCount(context, policy.arn) > 0) {
        throw deleteConflict("Cannot delete a policy attached to entities.");
      }
      if (policy.versions.length > 1) {
        throw deleteConflict(
          "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
        );
      }
      book.delete(context, policy);
      return {};
    },

    ListEntitiesForPolicy(input, context) {
      const { arn } = book.get(context, input.PolicyArn);
      const { roles, users, groups } = iamTables(store, context.account);
      const attached = (holder: PolicyHolder) => holder.attachedPolicies.includes(arn);
      const wants = (kind: "Group" | "Role" | "User") =>
        input.EntityFilter === undefined || input.EntityFilter === kind;
      return {
        PolicyGroups: [...groups.values()]
          .filter((group) => wants("Group") && attached(group))
          .map(({ name, id }) => ({ GroupName: name, GroupId: id })),
        PolicyRoles: [...roles.values()]
          .filter((role) => wants("Role") && attached(role))
          .map(({ name, id }) => ({ RoleName: name, RoleId: id })),
        PolicyUsers: [...users.values()]
          .filter((user) => wants("User") && attached(user))
          .map(({ name, id }) => ({ UserName: name, UserId: id })),
        IsTruncated: false,
      };
    },

    TagPolicy(input, context) {
      const policy = book.getOwn(context, input.PolicyArn);
      const tags = mergeTags(policy.tags, input.Tags);
      book.save(context, { ...policy, tags });
      return {};
    },

    UntagPolicy(input, context) {
      const policy = book.getOwn(context, input.PolicyArn);
      const tags = withoutTags(policy.tags, input.TagKeys);
      book.save(context, { ...policy, tags });
      return {};
    },

    ListPolicyTags(input, context) {
      const policy = book.get(context, input.PolicyArn);
      const { items, ...page } = iamPage(policy.tags, ({ Key }) => Key, input);
      return { Tags: tagList(items), ...page };
    },
  } satisfies IamHandlers;
}

function* policiesInScope(
  { Scope: scope = "All" }: IamInput<"ListPolicies">,
  own: Iterable<Policy>,
): Generator<Policy> {
  if (scope !== "Local") yield* MANAGED_POLICIES.values();
  if (scope !== "AWS") yield* own;
}

function describePolicy(policy: Policy, attachmentCount: number) {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersionId,
    AttachmentCount: attachmentCount,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    ...(policy.description === undefined ? {} : { Description: policy.description }),
    CreateDate: wholeSecond(policy.createdAtMs),
    UpdateDate: wholeSecond(policy.updatedAtMs),
    ...(policy.tags.length === 0 ? {} : { Tags: tagList(policy.tags) }),
  };
}

/** Lists leave the description out. Source: model, ListPolicies. */
function listedPolicy(policy: ReturnType<typeof describePolicy>) {
  const { Description: _description, ...listed } = policy;
  return listed;
}
