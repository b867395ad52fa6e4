import { isIP } from "node:net";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { pageOf } from "../../paging.ts";
import { badToken, invalid, quotaExceeded } from "../errors.ts";
import type { HealthBook } from "../health/health-book.ts";
import { removeDrained, targetStates } from "../health/target-status.ts";
import { targetGroupArn, targetGroupOf } from "../identifiers.ts";
import { requireActive } from "../lifecycle.ts";
import { DRAINING_MS, FUNCTIONS_PER_GROUP, PAGE_ITEMS, TARGETS_PER_GROUP } from "../limits.ts";
import type { LatticeHandlers } from "../sdk.ts";
import {
  type Lattice,
  type PlaceState,
  type TargetGroupRow,
  targetKey,
  type TargetRow,
} from "../state.ts";
import { servicesUsing } from "../usage.ts";

interface WantedTarget {
  readonly id: string;
  readonly port: number | undefined;
}

interface Failure extends WantedTarget {
  readonly failureCode: string;
  readonly failureMessage: string;
}

export function targetOperations(lattice: Lattice, health: HealthBook) {
  const { cloud } = lattice;
  const { clock } = cloud;
  return {
    async RegisterTargets(input, context) {
      const state = lattice.in(context);
      const group = targetGroupOf(state, input.targetGroupIdentifier);
      requireActive(lattice, group, { type: "TARGET_GROUP", id: group.id });
      removeDrained(state, group.id, clock.nowMs());
      const wanted = (input.targets ?? []).map((target) => readTarget(group, target));
      requireRoom(state, group, wanted);
      const successful: WantedTarget[] = [];
      const unsuccessful: Failure[] = [];
      for (const target of wanted) {
        const failure =
          group.type === "LAMBDA" ? await letInvoke(lattice, context, group, target) : undefined;
        if (failure !== undefined) unsuccessful.push({ ...target, ...failure });
        else successful.push(target);
      }
      const nowMs = clock.nowMs();
      for (const { id, port } of successful) {
        const key = targetKey({ id, port });
        const before = state.targets(group.id).get(key);
        if (before !== undefined && before.drainedAtMs === undefined) continue;
        health.forget(state.place, group.id, key);
        state.targets(group.id).set(key, {
          id,
          port,
          registeredAtMs: nowMs,
          drainedAtMs: undefined,
        });
      }
      lattice.changed(state);
      return { successful, unsuccessful };
    },

    /** Targets that a service uses drain for a minute; others are gone at once. */
    DeregisterTargets(input, context) {
      const state = lattice.in(context);
      const group = targetGroupOf(state, input.targetGroupIdentifier);
      const nowMs = clock.nowMs();
      removeDrained(state, group.id, nowMs);
      const targets = state.targets(group.id);
      const isUsed = servicesUsing(state, group.id).length > 0;
      const successful: WantedTarget[] = [];
      const unsuccessful: Failure[] = [];
      for (const { id = "", port } of input.targets ?? []) {
        const wanted = {
          id,
          port: group.type === "LAMBDA" ? undefined : (port ?? group.config.port),
        };
        const row = targets.get(targetKey(wanted));
        if (row === undefined) {
          unsuccessful.push({
            ...wanted,
            failureCode: "TargetNotRegistered",
            failureMessage: `The target ${id} is not registered with the target group`,
          });
          continue;
        }
        if (!isUsed) targets.delete(targetKey(row));
        else if (row.drainedAtMs === undefined) {
          targets.set(targetKey(row), { ...row, drainedAtMs: nowMs + DRAINING_MS });
        }
        successful.push(wanted);
      }
      return { successful, unsuccessful };
    },

    ListTargets(input, context) {
      const state = lattice.in(context);
      const group = targetGroupOf(state, input.targetGroupIdentifier);
      removeDrained(state, group.id, clock.nowMs());
      const wanted = new Set(
        (input.targets ?? []).map(({ id = "", port }) => targetKey({ id, port })),
      );
      const isWanted = (row: TargetRow) =>
        wanted.size === 0 || wanted.has(row.id) || wanted.has(targetKey(row));
      const page = pageOf([...state.targets(group.id).values()].filter(isWanted), {
        keyOf: targetKey,
        token: input.nextToken,
        limit: input.maxResults ?? PAGE_ITEMS,
        badToken,
      });
      const stateOf = targetStates(state, group, health);
      const items = page.items.map((row) => ({ id: row.id, port: row.port, ...stateOf(row) }));
      return { items, nextToken: page.nextToken };
    },
  } satisfies LatticeHandlers;
}

const FUNCTION_ARN =
  /^arn:aws[a-zA-Z-]*:lambda:[a-z0-9-]+:\d{12}:function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?$/;
const INSTANCE = /^i-[0-9a-f]{8,17}$/;
const LOAD_BALANCER =
  /^arn:aws[a-zA-Z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer\/app\/.+$/;

/**
 * What names a target of this type, its port filled in.
 * Unverified: that a wrong form refuses the whole call, and is not an entry of `unsuccessful`.
 */
function readTarget(
  { type, config }: TargetGroupRow,
  { id = "", port }: { readonly id: string | undefined; readonly port?: number | undefined },
): WantedTarget {
  if (type === "LAMBDA") {
    if (port !== undefined) {
      throw invalid("port is not supported for target group type LAMBDA", "targets.port");
    }
    if (!FUNCTION_ARN.test(id)) {
      throw invalid(`The target ID ${id} is not a valid Lambda function ARN`, "targets.id");
    }
    return { id, port: undefined };
  }
  const isValid = {
    IP: isIP(id) === (config.ipAddressType === "IPV6" ? 6 : 4),
    INSTANCE: INSTANCE.test(id),
    ALB: LOAD_BALANCER.test(id),
  }[type];
  if (!isValid) {
    throw invalid(`The target ID ${id} is not valid for target group type ${type}`, "targets.id");
  }
  return { id, port: port ?? config.port };
}

function requireRoom(
  state: PlaceState,
  group: TargetGroupRow,
  wanted: readonly WantedTarget[],
): void {
  const keys = new Set(wanted.map(targetKey));
  for (const row of state.targets(group.id).values()) {
    if (row.drainedAtMs === undefined) keys.add(targetKey(row));
  }
  const max = group.type === "LAMBDA" ? FUNCTIONS_PER_GROUP : TARGETS_PER_GROUP;
  if (keys.size > max) {
    const name = { type: "TARGET_GROUP", id: group.id } as const;
    throw quotaExceeded(name, `TargetGroup ${group.id} can have at most ${max} target(s)`);
  }
}

/**
 * Registering a function lets the target group invoke it.
 * Source: AWS docs, "Lambda functions as targets in VPC Lattice" (the permission is added, and the
 * function must be of the same account and region). Unverified: the codes.
 */
async function letInvoke(
  { cloud }: Lattice,
  place: Place,
  group: TargetGroupRow,
  { id }: WantedTarget,
): Promise<Pick<Failure, "failureCode" | "failureMessage"> | undefined> {
  const [, , , region, account] = id.split(":");
  if (region !== place.region || account !== place.account) {
    return {
      failureCode: "InvalidTarget",
      failureMessage: "The function must be in the same account and Region as the target group",
    };
  }
  const policies = await cloud.port("functionPolicies");
  const isFound = policies.allowInvoke({
    account,
    region,
    functionName: id,
    principal: "vpc-lattice.amazonaws.com",
    sourceArn: targetGroupArn(place, group.id),
  });
  if (isFound) return undefined;
  return { failureCode: "TargetNotFound", failureMessage: `Function not found: ${id}` };
}
