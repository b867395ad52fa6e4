import { isIP } from "node:net";
import type { TargetDescription } from "@aws-sdk/client-elastic-load-balancing-v2";
import { allAttributes, groupAttributes } from "./attributes.ts";
import { functionRefused, invalid, invalidTarget, tooMany } from "./errors.ts";
import { TARGETS_PER_GROUP } from "./limits.ts";
import { type Elb, type GroupRow, type PlaceState, targetKey, type TargetRow } from "./state.ts";
import { balancerUsing } from "./usage.ts";

type WantedTarget = Pick<TargetRow, "id" | "port" | "zone">;

/** Adds targets to a group: all of them, or none. */
export async function registerTargets(
  elb: Elb,
  state: PlaceState,
  group: GroupRow,
  given: readonly TargetDescription[],
): Promise<void> {
  if (given.length === 0) throw invalid("At least one target must be specified");
  const wanted = given.map((target) => readTarget(group, target));
  const targets = state.targets(group.arn);
  requireRoom(group, targets.values(), wanted);
  for (const { id } of wanted) {
    if (group.type === "lambda") await requirePermission(elb, state, group, id);
  }
  const registeredAtMs = elb.cloud.clock.nowMs();
  elb.cloud.store.transaction(() => {
    for (const target of wanted) {
      const before = targets.get(targetKey(target));
      if (before !== undefined && before.drainedAtMs === undefined) continue;
      targets.set(targetKey(target), { ...target, registeredAtMs, drainedAtMs: undefined });
    }
  });
  await elb.changed(state);
}

/**
 * Targets that a load balancer uses drain; others are gone at once. What is not registered is passed over.
 * Source: AWS docs, "Deregistration delay".
 */
export async function deregisterTargets(
  elb: Elb,
  state: PlaceState,
  group: GroupRow,
  given: readonly TargetDescription[],
): Promise<void> {
  const nowMs = elb.cloud.clock.nowMs();
  const targets = state.targets(group.arn);
  const isUsed = balancerUsing(state, group.arn) !== undefined;
  const attributes = allAttributes(groupAttributes(group.type), group.attributes);
  const delayMs = Number(attributes["deregistration_delay.timeout_seconds"] ?? "0") * 1000;
  elb.cloud.store.transaction(() => {
    for (const { Id: id = "", Port } of given) {
      for (const row of targets.values()) {
        const isMeant = row.id === id && (Port === undefined || Port === row.port);
        if (!isMeant || row.drainedAtMs !== undefined) continue;
        if (!isUsed || delayMs === 0) targets.delete(targetKey(row));
        else targets.set(targetKey(row), { ...row, drainedAtMs: nowMs + delayMs });
      }
    }
  });
  await elb.changed(state);
}

/** What names a target of this type, its port filled in. */
export function readTarget(
  { type, port }: GroupRow,
  { Id: id = "", Port, AvailabilityZone: zone }: TargetDescription,
): WantedTarget {
  switch (type) {
    case "lambda":
      if (Port !== undefined) {
        throw invalid("Port cannot be specified for target groups with target type 'lambda'");
      }
      if (!/^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:.+$/.test(id)) {
        throw invalid(`'${id}' is not a valid Lambda function ARN`);
      }
      return { id, port: 0, zone: undefined };
    case "ip":
      requireAddress(id);
      return { id, port: Port ?? port ?? 80, zone };
    case "instance":
      // There are no instances in the local cloud. Unverified: that AWS says the same of one it does not know.
      throw invalidTarget(
        `The following targets are not in a running state and cannot be registered: '${id}'`,
      );
    default:
      return type satisfies never;
  }
}

/** Addresses of private networks, as on AWS, and of this machine. Source: AWS docs, "Target type". */
const PRIVATE =
  /^(?:10\.|127\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/;

function requireAddress(id: string): void {
  if (isIP(id) !== 4) throw invalid(`The IP address '${id}' is not a valid IPv4 address`);
  if (PRIVATE.test(id)) return;
  throw invalid(
    `The IP address '${id}' is not within the range of private addresses; ` +
      "it must be in 10.0.0.0/8, 100.64.0.0/10, 172.16.0.0/12, 192.168.0.0/16, or here in 127.0.0.0/8",
  );
}

function requireRoom(
  { type }: GroupRow,
  known: Iterable<TargetRow>,
  wanted: readonly WantedTarget[],
): void {
  const keys = new Set(wanted.map(targetKey));
  for (const row of known) {
    if (row.drainedAtMs === undefined) keys.add(targetKey(row));
  }
  // Source: AWS docs, "Lambda functions as targets": one function in a group.
  const most = type === "lambda" ? 1 : TARGETS_PER_GROUP;
  if (keys.size > most) throw tooMany("Targets", most);
}

/** Source: AWS docs, "Lambda functions as targets": the function must let the load balancer invoke it. */
async function requirePermission(
  { cloud }: Elb,
  { place }: PlaceState,
  group: GroupRow,
  functionArn: string,
): Promise<void> {
  const functions = await cloud.port("functions");
  const result = await functions.invoke({
    ...place,
    functionName: functionArn,
    payload: Buffer.from("{}"),
    invocationType: "DryRun",
    source: { principal: "elasticloadbalancing.amazonaws.com", arn: group.arn },
  });
  if (result.kind !== "refused") return;
  if (result.code === "ResourceNotFoundException") {
    throw invalidTarget(`The following targets do not exist: '${functionArn}'`);
  }
  throw functionRefused(functionArn, group.arn);
}
