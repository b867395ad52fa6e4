import type { Attributes } from "../../data-plane/load-balancer/live-balancers.ts";
import type { Action, Condition, HealthCheck } from "../../data-plane/load-balancer/routing.ts";
import type { NetworkPort } from "../../data-plane/ports.ts";
import type { Cloud } from "../../service.ts";
import { perPlace } from "../../storage/per-place.ts";
import type { Store, Table } from "../../storage/store.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import type { Tags } from "../tags.ts";

export const SERVICE = "elasticloadbalancing";

interface BalancerSubnet {
  readonly id: string;
  readonly zone: string;
  /** The load balancer's interface there. */
  readonly interfaceId: string;
}

export interface BalancerRow {
  readonly arn: string;
  readonly name: string;
  /** The first label of its host name: "orders-1234567890". */
  readonly label: string;
  readonly scheme: "internet-facing" | "internal";
  readonly ipAddressType: "ipv4" | "dualstack" | "dualstack-without-public-ipv4";
  readonly vpcId: string;
  readonly subnets: readonly BalancerSubnet[];
  readonly securityGroupIds: readonly string[];
  /** Only what was set. */
  readonly attributes: Attributes;
  readonly createdAtMs: number;
  readonly activeAtMs: number;
}

export interface ListenerRow {
  readonly arn: string;
  readonly balancerArn: string;
  readonly protocol: "HTTP" | "HTTPS";
  readonly port: number;
  /** The first is the default one. */
  readonly certificateArns: readonly string[];
  readonly sslPolicy: string | undefined;
  readonly action: Action;
  /** The default action is a rule too, with an ARN of its own. */
  readonly defaultRuleArn: string;
  readonly attributes: Attributes;
  /** Where it was listening on this machine; taken again after a restart when it is free. */
  readonly localPort: number | undefined;
}

export interface RuleRow {
  readonly arn: string;
  readonly listenerArn: string;
  readonly priority: number;
  readonly conditions: readonly Condition[];
  readonly action: Action;
}

export interface GroupRow {
  readonly arn: string;
  readonly name: string;
  readonly type: "ip" | "instance" | "lambda";
  /** Undefined for functions, as are `port` and `vpcId`. */
  readonly protocol: "HTTP" | "HTTPS" | undefined;
  readonly port: number | undefined;
  readonly vpcId: string | undefined;
  readonly check: HealthCheck;
  readonly attributes: Attributes;
}

export interface TargetRow {
  /** An address, an instance's id, a function's ARN. */
  readonly id: string;
  /** 0 for functions. */
  readonly port: number;
  readonly zone: string | undefined;
  readonly registeredAtMs: number;
  /** Set when it was deregistered in use: when it is gone. */
  readonly drainedAtMs: number | undefined;
}

/** The tables of one account in one region. Keys are ARNs, unless said otherwise. */
export interface PlaceState {
  readonly place: Place;
  readonly balancers: Table<BalancerRow>;
  readonly listeners: Table<ListenerRow>;
  readonly rules: Table<RuleRow>;
  readonly groups: Table<GroupRow>;
  /** Keys by {@link targetKey}. */
  targets(groupArn: string): Table<TargetRow>;
  /** Of every kind of resource. */
  readonly tags: Table<Tags>;
  /** Another number after each change of the tables. */
  version(): number;
}

/** What every operation of the service works with. */
export interface Elb {
  readonly cloud: Cloud;
  /** The tables of a place. */
  in(place: Place): PlaceState;
  network(): Promise<NetworkPort>;
  /** Opens and closes listeners' ports, starts and stops health checks, after something has changed. */
  changed(state: PlaceState): Promise<void>;
}

/** The tables of a place, the same object each time. */
export function stateOpener(store: Store): (place: Place) => PlaceState {
  return perPlace((place) => openState(store, place));
}

function openState(store: Store, { account, region }: Place): PlaceState {
  let version = 0;
  const table = <Value>(name: string) =>
    watched(store.table<Value>({ account, region, service: SERVICE }, name), () => version++);
  const targets = new Map<string, Table<TargetRow>>();
  return {
    place: { account, region },
    balancers: table("load-balancers"),
    listeners: table("listeners"),
    rules: table("rules"),
    groups: table("target-groups"),
    targets(groupArn) {
      const known = targets.get(groupArn) ?? table<TargetRow>(`targets/${groupArn}`);
      targets.set(groupArn, known);
      return known;
    },
    tags: table("tags"),
    version: () => version,
  };
}

/** @param changed told of each write. A transaction that is undone has been told, too, which does no harm. */
function watched<Value>(table: Table<Value>, changed: () => void): Table<Value> {
  return {
    get: (key) => table.get(key),
    has: (key) => table.has(key),
    set(key, value) {
      table.set(key, value);
      changed();
    },
    delete(key) {
      const wasThere = table.delete(key);
      changed();
      return wasThere;
    },
    values: () => table.values(),
    entries: () => table.entries(),
    get size() {
      return table.size;
    },
  };
}

export function targetKey({ id, port }: { readonly id: string; readonly port: number }): string {
  return port === 0 ? id : `${id}|${port}`;
}
