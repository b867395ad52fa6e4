import type { Cloud, RequestContext } from "../../../service.ts";
import { wholeSecond } from "../../dates.ts";
import { entityArn, iamPage, mergeTags, pathOf, tagList, withoutTags } from "../entity.ts";
import { alreadyExists, deleteConflict, limitExceeded, noSuchRole } from "../errors.ts";
import { SESSION_SECONDS_DEFAULT, TRUST_POLICY_MAX } from "../limits.ts";
import { checkTrustPolicy, documentLength, encodeDocument } from "../policy-document.ts";
import type { IamHandlers } from "../sdk.ts";
import { iamTables, type Role, uniqueId } from "../state.ts";

export function roleOperations({ store, clock, random }: Cloud) {
  const rolesOf = (context: RequestContext) => iamTables(store, context.account).roles;
  const roleOf = (context: RequestContext, name = ""): Role => {
    const role = rolesOf(context).get(name);
    if (role === undefined) throw noSuchRole(name);
    return role;
  };
  const change = (context: RequestContext, role: Role, changes: Partial<Role>): Role => {
    const next = { ...role, ...changes };
    rolesOf(context).set(role.name, next);
    return next;
  };
  /** Only the caller's account is known for certain to have what it has not. */
  const isMissing = ({ account }: RequestContext) => {
    const { roles, users } = iamTables(store, account);
    return (arn: string) => {
      const [, owner, kind, name = ""] =
        /^arn:[^:]+:iam::(\d{12}):(role|user)\/(?:.*\/)?([^/]+)$/.exec(arn) ?? [];
      if (owner !== account) return false;
      return (kind === "role" ? roles : users).get(name)?.arn !== arn;
    };
  };
  const checkedTrustPolicy = (context: RequestContext, document = ""): string => {
    checkTrustPolicy(document, isMissing(context));
    if (documentLength(document) > TRUST_POLICY_MAX) {
      throw limitExceeded(`Cannot exceed quota for ACLSizePerRole: ${TRUST_POLICY_MAX}`);
    }
    return document;
  };

  return {
    CreateRole(input, context) {
      const name = input.RoleName ?? "";
      const path = pathOf(input.Path);
      const trustPolicy = checkedTrustPolicy(context, input.AssumeRolePolicyDocument);
      if (rolesOf(context).has(name)) throw alreadyExists(`Role with name ${name} already exists.`);
      const role: Role = {
        name,
        path,
        id: uniqueId(random, "AROA"),
        arn: entityArn(context, "role", path, name),
        createdAtMs: clock.nowMs(),
        tags: mergeTags([], input.Tags),
        inlinePolicies: {},
        attachedPolicies: [],
        trustPolicy,
        description: input.Description,
        maxSessionSeconds: input.MaxSessionDuration ?? SESSION_SECONDS_DEFAULT,
        permissionsBoundary: input.PermissionsBoundary,
      };
      rolesOf(context).set(name, role);
      return { Role: describeRole(role) };
    },

    GetRole: (input, context) => ({ Role: describeRole(roleOf(context, input.RoleName)) }),

    ListRoles(input, context) {
      const prefix = input.PathPrefix ?? "/";
      const roles = [...rolesOf(context).values()].filter(({ path }) => path.startsWith(prefix));
      const { items, ...page } = iamPage(roles, (role) => role.name, input);
      return { Roles: items.map(listedRole), ...page };
    },

    UpdateRole(input, context) {
      const role = roleOf(context, input.RoleName);
      change(context, role, {
        description: input.Description ?? role.description,
        maxSessionSeconds: input.MaxSessionDuration ?? role.maxSessionSeconds,
      });
      return {};
    },

    UpdateRoleDescription(input, context) {
      const role = roleOf(context, input.RoleName);
      return { Role: describeRole(change(context, role, { description: input.Description })) };
    },

    UpdateAssumeRolePolicy(input, context) {
      const role = roleOf(context, input.RoleName);
      change(context, role, { trustPolicy: checkedTrustPolicy(context, input.PolicyDocument) });
      return {};
    },

    PutRolePermissionsBoundary(input, context) {
      const role = roleOf(context, input.RoleName);
      change(context, role, { permissionsBoundary: input.PermissionsBoundary });
      return {};
    },

    DeleteRolePermissionsBoundary(input, context) {
      change(context, roleOf(context, input.RoleName), { permissionsBoundary: undefined });
      return {};
    },

    DeleteRole(input, context) {
      const role = roleOf(context, input.RoleName);
      const profiles = iamTables(store, context.account).instanceProfiles.values();
      if ([...profiles].some(({ roleName }) => roleName === role.name)) {
        throw deleteConflict(
          "Cannot delete entity, must remove roles from instance profile first.",
        );
      }
      if (role.attachedPolicies.length > 0) {
        throw deleteConflict("Cannot delete entity, must detach all policies first.");
      }
      if (Object.keys(role.inlinePolicies).length > 0) {
        throw deleteConflict("Cannot delete entity, must delete policies first.");
      }
      rolesOf(context).delete(role.name);
      return {};
    },

    TagRole(input, context) {
      const role = roleOf(context, input.RoleName);
      change(context, role, { tags: mergeTags(role.tags, input.Tags) });
      return {};
    },

    UntagRole(input, context) {
      const role = roleOf(context, input.RoleName);
      change(context, role, { tags: withoutTags(role.tags, input.TagKeys) });
      return {};
    },

    ListRoleTags(input, context) {
      const role = roleOf(context, input.RoleName);
      const { items, ...page } = iamPage(role.tags, ({ Key }) => Key, input);
      return { Tags: tagList(items), ...page };
    },
  } satisfies IamHandlers;
}

export function describeRole(role: Role) {
  const { permissionsBoundary } = role;
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: wholeSecond(role.createdAtMs),
    AssumeRolePolicyDocument: encodeDocument(role.trustPolicy),
    ...(role.description === undefined ? {} : { Description: role.description }),
    MaxSessionDuration: role.maxSessionSeconds,
    ...(permissionsBoundary === undefined
      ? {}
      : {
          PermissionsBoundary: {
            PermissionsBoundaryType: "PermissionsBoundaryPolicy" as const,
            PermissionsBoundaryArn: permissionsBoundary,
          },
        }),
    ...(role.tags.length === 0 ? {} : { Tags: tagList(role.tags) }),
  };
}

/** Lists leave the tags out. Source: model, ListRoles. */
function listedRole(role: Role) {
  const { Tags: _tags, ...listed } = describeRole(role);
  return listed;
}
