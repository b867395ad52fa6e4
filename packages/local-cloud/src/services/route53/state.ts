import type { HealthCheckConfig, ResourceRecordSet, RRType, VPC } from "@aws-sdk/client-route-53";
import type { Cloud } from "../../service.ts";
import type { Table } from "../../storage/store.ts";
import type { Tags } from "../tags.ts";

/** Also the SigV4 signing name. */
export const SERVICE = "route53";

export interface ZoneRow {
  readonly id: string;
  /** With the dot at its end. */
  readonly name: string;
  readonly callerReference: string;
  readonly comment: string | undefined;
  readonly isPrivate: boolean;
  /** Of a private zone. */
  readonly vpcs: readonly VPC[];
  readonly nameServers: readonly string[];
  /** Of a reusable delegation set. */
  readonly delegationSetId: string | undefined;
}

/** A resource record set. Its name is as `names.ts` reads it. */
export interface RecordRow extends Omit<ResourceRecordSet, "Name" | "Type"> {
  readonly Name: string;
  readonly Type: RRType;
}

export interface ChangeRow {
  readonly id: string;
  readonly comment: string | undefined;
  readonly submittedAtMs: number;
}

export interface HealthCheckRow {
  readonly id: string;
  readonly callerReference: string;
  readonly version: number;
  readonly config: HealthCheckConfig;
}

export interface DelegationSetRow {
  readonly id: string;
  readonly callerReference: string;
  readonly nameServers: readonly string[];
}

/** The tables of one account. Route 53 has no regions. Keys are ids unless said otherwise. */
export interface AccountState {
  readonly account: string;
  readonly zones: Table<ZoneRow>;
  /** By {@link recordKey}. */
  records(zoneId: string): Table<RecordRow>;
  readonly changes: Table<ChangeRow>;
  readonly healthChecks: Table<HealthCheckRow>;
  /** The ids of deleted health checks by caller reference: it can never be used again. */
  readonly spentReferences: Table<string>;
  readonly delegationSets: Table<DelegationSetRow>;
  /** By "hostedzone/ID" or "healthcheck/ID". */
  readonly tags: Table<Tags>;
}

/** What every operation of the service works with. */
export interface Route53 {
  readonly cloud: Cloud;
  in(account: string): AccountState;
  /** Every account that has stored rows. */
  accounts(): AccountState[];
}

export function openRoute53(cloud: Cloud): Route53 {
  const opened = new Map<string, AccountState>();
  const open = (account: string) => {
    const state = opened.get(account) ?? openAccount(cloud, account);
    opened.set(account, state);
    return state;
  };
  return {
    cloud,
    in: open,
    accounts: () => {
      const stored = cloud.store.scopes(SERVICE).map(({ account }) => account);
      return [...new Set(stored)].map(open);
    },
  };
}

function openAccount({ store }: Cloud, account: string): AccountState {
  const table = <Value>(name: string) =>
    store.table<Value>({ account, region: "aws-global", service: SERVICE }, name);
  return {
    account,
    zones: table("zones"),
    records: (zoneId) => table(`records/${zoneId}`),
    changes: table("changes"),
    healthChecks: table("health-checks"),
    spentReferences: table("spent-references"),
    delegationSets: table("delegation-sets"),
    tags: table("tags"),
  };
}

export function recordKey({
  Name,
  Type,
  SetIdentifier,
}: Pick<RecordRow, "Name" | "Type" | "SetIdentifier">): string {
  return SetIdentifier === undefined ? `${Name} ${Type}` : `${Name} ${Type} ${SetIdentifier}`;
}

const DIGITS = "0123456789";
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** "Z0" of a zone, "C0" of a change, "N0" of a delegation set, then digits and letters as on AWS. */
export function newId({ cloud: { random } }: Route53, prefix: "Z" | "C" | "N"): string {
  return `${prefix}0${random.string(7, DIGITS)}${random.string(12, LETTERS)}`;
}
