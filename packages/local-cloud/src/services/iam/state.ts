import type { Random } from "../../random.ts";
import type { Store, Table } from "../../storage/store.ts";

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** What every IAM entity has. */
interface Entity {
  readonly name: string;
  /** "/" or "/service-role/". */
  readonly path: string;
  /** "AROA..." and so on: unlike the ARN, never the same again after a deletion. */
  readonly id: string;
  readonly arn: string;
  readonly createdAtMs: number;
  readonly tags: readonly Tag[];
}

/** What policies hang on: a role, a user or a group. */
export interface PolicyHolder extends Entity {
  /** Documents by name. */
  readonly inlinePolicies: Readonly<Record<string, string>>;
  /** ARNs of managed policies, in the order of attaching. */
  readonly attachedPolicies: readonly string[];
}

export interface Role extends PolicyHolder {
  /** The trust policy, as it was given. */
  readonly trustPolicy: string;
  readonly description: string | undefined;
  readonly maxSessionSeconds: number;
  readonly permissionsBoundary: string | undefined;
}

export interface AccessKey {
  readonly id: string;
  readonly secret: string;
  readonly status: "Active" | "Inactive";
  readonly createdAtMs: number;
}

export interface User extends PolicyHolder {
  readonly accessKeys: readonly AccessKey[];
  /** ARN of a managed policy. */
  readonly permissionsBoundary?: string | undefined;
}

export interface Group extends PolicyHolder {
  /** Names of users, in the order of joining. */
  readonly members: readonly string[];
}

export interface PolicyVersion {
  /** "v1" */
  readonly id: string;
  readonly document: string;
  readonly createdAtMs: number;
}

export interface Policy extends Entity {
  readonly description: string | undefined;
  readonly updatedAtMs: number;
  readonly versions: readonly PolicyVersion[];
  readonly defaultVersionId: string;
  /** Numbers of versions are never used again. */
  readonly lastVersionNumber: number;
}

export interface InstanceProfile extends Entity {
  readonly roleName: string | undefined;
}

/** The tables of one account. IAM is global: it has no regions. */
export interface IamTables {
  readonly roles: Table<Role>;
  readonly users: Table<User>;
  readonly groups: Table<Group>;
  /** By ARN. Without AWS's own. */
  readonly policies: Table<Policy>;
  readonly instanceProfiles: Table<InstanceProfile>;
}

export function iamTables(store: Store, account: string): IamTables {
  const scope = { account, region: "aws-global", service: "iam" };
  return {
    roles: store.table(scope, "roles"),
    users: store.table(scope, "users"),
    groups: store.table(scope, "groups"),
    policies: store.table(scope, "policies"),
    instanceProfiles: store.table(scope, "instanceProfiles"),
  };
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Source: AWS docs, reference_identifiers (unique identifiers). */
export type IdPrefix = "AGPA" | "AIDA" | "AIPA" | "AKIA" | "ANPA" | "AROA";

export function uniqueId(random: Random, prefix: IdPrefix): string {
  return prefix + random.string(prefix === "AKIA" ? 16 : 17, BASE32);
}

export function secretKey(random: Random): string {
  return random.string(40, BASE64);
}
