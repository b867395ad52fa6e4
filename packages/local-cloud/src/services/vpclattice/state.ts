import type { Action, RuleMatch, TargetGroupConfig } from "../../data-plane/vpc-lattice/routing.ts";
import type { Cloud } from "../../service.ts";
import { perPlace } from "../../storage/per-place.ts";
import type { Store, Table } from "../../storage/store.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import type { Tags } from "../tags.ts";

export type AuthType = "NONE" | "AWS_IAM";

/** What every noun has. */
interface Row {
  readonly id: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly tags: Tags;
}

/**
 * What is made and removed over time. Its status is read off the clock, so nothing has to run for it to
 * move on, and it is the same after a restart.
 */
export interface TimedRow extends Row {
  readonly activeAtMs: number;
  /** Set when it is being deleted: when it is gone. */
  readonly goneAtMs: number | undefined;
}

export interface NetworkRow extends Row {
  readonly name: string;
  readonly authType: AuthType;
  readonly isSharingEnabled: boolean;
}

export interface ServiceRow extends TimedRow {
  readonly name: string;
  readonly authType: AuthType;
  readonly customDomainName: string | undefined;
  readonly certificateArn: string | undefined;
}

export interface ListenerRow extends Row {
  readonly serviceId: string;
  readonly name: string;
  readonly protocol: "HTTP" | "HTTPS";
  readonly port: number;
  readonly defaultAction: Action;
  /** The default action is a rule too, with an id of its own. */
  readonly defaultRuleId: string;
}

export interface RuleRow extends Row {
  readonly name: string;
  readonly priority: number;
  readonly match: RuleMatch;
  readonly action: Action;
}

export interface TargetGroupRow extends TimedRow {
  readonly name: string;
  readonly type: "IP" | "LAMBDA" | "INSTANCE" | "ALB";
  readonly config: TargetGroupConfig;
}

export interface TargetRow {
  /** An address, a function's ARN, an instance's id, a load balancer's ARN. */
  readonly id: string;
  /** Undefined for functions. */
  readonly port: number | undefined;
  readonly registeredAtMs: number;
  /** Set when it was deregistered in use: when it is gone. */
  readonly drainedAtMs: number | undefined;
}

export interface ServiceAssociationRow extends TimedRow {
  readonly serviceId: string;
  readonly networkId: string;
}

export interface VpcAssociationRow extends TimedRow {
  readonly vpcId: string;
  readonly networkId: string;
  readonly securityGroupIds: readonly string[];
  readonly privateDnsEnabled: boolean | undefined;
}

export interface LogSubscriptionRow extends Row {
  readonly resourceId: string;
  readonly destinationArn: string;
  readonly serviceNetworkLogType: "SERVICE" | "RESOURCE" | undefined;
}

export interface AuthPolicyRow {
  readonly policy: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface TokenRow {
  /** The call without its token: the same token with another call is refused. */
  readonly fingerprint: string;
  readonly resourceId: string;
  readonly atMs: number;
}

/** The tables of one account in one region. Keys are ids, unless said otherwise. */
export interface PlaceState {
  readonly place: Place;
  readonly networks: Table<NetworkRow>;
  readonly services: Table<ServiceRow>;
  listeners(serviceId: string): Table<ListenerRow>;
  rules(listenerId: string): Table<RuleRow>;
  readonly targetGroups: Table<TargetGroupRow>;
  /** Keys by {@link targetKey}. */
  targets(groupId: string): Table<TargetRow>;
  readonly serviceAssociations: Table<ServiceAssociationRow>;
  readonly vpcAssociations: Table<VpcAssociationRow>;
  readonly logSubscriptions: Table<LogSubscriptionRow>;
  /** By the id of the service network or service. */
  readonly authPolicies: Table<AuthPolicyRow>;
  /** By the same ids. */
  readonly resourcePolicies: Table<string>;
  /** By operation and token. */
  readonly tokens: Table<TokenRow>;
}

export const SERVICE = "vpc-lattice";

/** The tables of a place, the same object each time. */
export function stateOpener(store: Store): (place: Place) => PlaceState {
  return perPlace((place) => openState(store, place));
}

function openState(store: Store, { account, region }: Place): PlaceState {
  const table = <Value>(name: string) =>
    store.table<Value>({ account, region, service: SERVICE }, name);
  return {
    place: { account, region },
    networks: table("networks"),
    services: table("services"),
    listeners: (serviceId) => table(`listeners/${serviceId}`),
    rules: (listenerId) => table(`rules/${listenerId}`),
    targetGroups: table("target-groups"),
    targets: (groupId) => table(`targets/${groupId}`),
    serviceAssociations: table("service-associations"),
    vpcAssociations: table("vpc-associations"),
    logSubscriptions: table("log-subscriptions"),
    authPolicies: table("auth-policies"),
    resourcePolicies: table("resource-policies"),
    tokens: table("tokens"),
  };
}

/** What every operation of the service works with. */
export interface Lattice {
  readonly cloud: Cloud;
  /** The tables of a place, without what is gone by now. */
  in(place: Place): PlaceState;
  /** Tells the health checks and the custom domain names that something may have changed. */
  changed(state: PlaceState): void;
}

const PREFIXES = {
  networks: "sn",
  services: "svc",
  listeners: "listener",
  rules: "rule",
  targetGroups: "tg",
  serviceAssociations: "snsa",
  vpcAssociations: "snva",
  logSubscriptions: "als",
} as const;

/** "svc-0" and 16 hexadecimal digits, as AWS's ids are. */
export function newId({ cloud }: Lattice, noun: keyof typeof PREFIXES): string {
  return `${PREFIXES[noun]}-0${cloud.random.hex(16)}`;
}

export function targetKey({
  id,
  port,
}: {
  readonly id: string;
  readonly port?: number | undefined;
}) {
  return port === undefined ? id : `${id}|${port}`;
}
