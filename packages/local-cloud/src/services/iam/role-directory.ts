import type { RoleDirectory } from "../../data-plane/ports.ts";
import type { Cloud } from "../../service.ts";
import { parseTrustPolicy, type Statement } from "./policy-document.ts";
import { linkServiceRole } from "./service-linked-roles.ts";
import { iamTables, type Role } from "./state.ts";

/** What other services may ask about roles. */
export function roleDirectory(cloud: Cloud): RoleDirectory {
  const { store } = cloud;
  const roleAt = (roleArn: string): Role | undefined => {
    const [, account = "", name = ""] =
      /^arn:aws[\w-]*:iam::(\d{12}):role\/(?:.*\/)?(.+)$/.exec(roleArn) ?? [];
    const role = iamTables(store, account).roles.get(name);
    return role?.arn === roleArn ? role : undefined;
  };
  return {
    trusts(_account, roleArn, servicePrincipal) {
      const role = roleAt(roleArn);
      if (role === undefined) return "missing";
      const isService = (kind: string, name: string) =>
        kind === "Service" && name === servicePrincipal;
      return allows(role, isService, undefined) ? "trusted" : "refused";
    },
    link: (account, principal) => linkServiceRole(cloud, account, principal),
    assume(roleArn, caller) {
      const role = roleAt(roleArn);
      if (role === undefined) return undefined;
      const isCaller = (kind: string, name: string) =>
        kind === "AWS" && principalMatches(name, caller.account, caller.arn);
      if (!allows(role, isCaller, caller.externalId)) return undefined;
      return { roleId: role.id, roleName: role.name, maxSessionSeconds: role.maxSessionSeconds };
    },
  };
}

type IsPrincipal = (kind: string, name: string) => boolean;

function allows(role: Role, isPrincipal: IsPrincipal, externalId: string | undefined): boolean {
  const matching = parseTrustPolicy(role.trustPolicy).filter(
    (statement) =>
      statement.actions.some((action) => /^sts:(?:AssumeRole|\*)$/i.test(action)) &&
      [...statement.principals].some(([kind, names]) =>
        names.some((name) => isPrincipal(kind, name)),
      ) &&
      externalIdHolds(statement, externalId),
  );
  return matching.length > 0 && matching.every(({ effect }) => effect === "Allow");
}

/** The one condition key that is checked today; enforcement of the others is not there yet. */
function externalIdHolds({ condition }: Statement, externalId: string | undefined): boolean {
  const equals = condition?.["StringEquals"];
  if (typeof equals !== "object" || equals === null || !("sts:ExternalId" in equals)) return true;
  const wanted: unknown = equals["sts:ExternalId"];
  return Array.isArray(wanted) ? wanted.includes(externalId) : wanted === externalId;
}

/** An account stands for everyone in it, a role for its sessions. */
function principalMatches(name: string, account: string, callerArn: string): boolean {
  if (name === "*" || name === account || name === callerArn) return true;
  if (name === `arn:aws:iam::${account}:root`) return true;
  const [, role] = /^arn:aws:sts::\d+:assumed-role\/([^/]+)\//.exec(callerArn) ?? [];
  const isRole = name.startsWith(`arn:aws:iam::${account}:role/`);
  return role !== undefined && isRole && name.endsWith(`/${role}`);
}
