import type { HeldPermissions, PermissionPort } from "../../data-plane/ports/permissions.ts";
import type { ResourceFacts } from "../../service.ts";
import type { Store } from "../../storage/store.ts";
import { MANAGED_POLICIES } from "./managed-policies.ts";
import { iamTables, type IamTables, type PolicyHolder, type Tag } from "./state.ts";

/** The policies of those who call, as enforcement asks for them. */
export function permissionPort(store: Store): PermissionPort {
  // Every request asks, and the tables of an account stay the same.
  const opened = new Map<string, IamTables>();
  const tablesOf = (account: string): IamTables => {
    const tables = opened.get(account) ?? iamTables(store, account);
    opened.set(account, tables);
    return tables;
  };
  return {
    ofUser(account, name) {
      const tables = tablesOf(account);
      const user = tables.users.get(name);
      if (user === undefined) return undefined;
      const groups = [...tables.groups.values()].filter(({ members }) => members.includes(name));
      return held(tables, user, groups, user.permissionsBoundary);
    },
    ofRole(account, name) {
      const tables = tablesOf(account);
      const role = tables.roles.get(name);
      return role && held(tables, role, [], role.permissionsBoundary);
    },
    managedPolicy: (account, arn) => managedDocument(tablesOf(account), arn),
    trustPolicyOf(roleArn) {
      const [, account = "", name = ""] =
        /^arn:[^:]+:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(roleArn) ?? [];
      const role = tablesOf(account).roles.get(name);
      return role?.arn === roleArn ? role.trustPolicy : undefined;
    },
  };
}

function held(
  tables: IamTables,
  holder: PolicyHolder,
  groups: readonly PolicyHolder[],
  boundaryArn: string | undefined,
): HeldPermissions {
  const holders = [holder, ...groups];
  const inline = holders.flatMap(({ inlinePolicies }) => Object.values(inlinePolicies));
  const attached = holders.flatMap(({ attachedPolicies }) => attachedPolicies);
  const managed = attached.flatMap((arn) => managedDocument(tables, arn) ?? []);
  return {
    id: holder.id,
    arn: holder.arn,
    policies: [...inline, ...managed],
    // A boundary that is gone lets nothing through.
    boundary:
      boundaryArn === undefined ? undefined : (managedDocument(tables, boundaryArn) ?? "{}"),
    tags: tagRecord(holder.tags),
  };
}

function managedDocument({ policies }: IamTables, arn: string): string | undefined {
  const policy = MANAGED_POLICIES.get(arn) ?? policies.get(arn);
  return policy?.versions.find(({ id }) => id === policy.defaultVersionId)?.document;
}

function tagRecord(tags: readonly Tag[]): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}

/** Names are given without their paths, and ARNs have them. */
export function iamFacts(store: Store): ResourceFacts {
  const find = (account: string, kind: string, name: string) => {
    const { roles, users, groups, policies, instanceProfiles } = iamTables(store, account);
    if (kind === "role") return roles.get(name);
    if (kind === "user") return users.get(name);
    if (kind === "group") return groups.get(name);
    if (kind === "policy") return [...policies.values()].find((policy) => policy.name === name);
    return kind === "instance-profile" ? instanceProfiles.get(name) : undefined;
  };
  return {
    arnOf: ({ account }, kind, name) => find(account, kind, name)?.arn,
    tagsOf(arn) {
      const [, account = "", kind = "", name = ""] =
        /^arn:[^:]+:iam::(\d{12}):([a-z-]+)\/(?:.*\/)?([^/]+)$/.exec(arn) ?? [];
      const found = find(account, kind, name);
      return found && tagRecord(found.tags);
    },
  };
}
