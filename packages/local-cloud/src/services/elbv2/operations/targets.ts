import { groupOf } from "../arns.ts";
import type { HealthBook } from "../health/health-book.ts";
import { statusOf } from "../health/target-status.ts";
import { deregisterTargets, readTarget, registerTargets } from "../registration.ts";
import type { Elbv2Handlers } from "../sdk.ts";
import { type Elb, type GroupRow, targetKey, type TargetRow } from "../state.ts";

export function targetOperations(elb: Elb, health: HealthBook) {
  return {
    async RegisterTargets(input, context) {
      const state = elb.in(context);
      const group = groupOf(state, input.TargetGroupArn);
      await registerTargets(elb, state, group, input.Targets ?? []);
      return {};
    },

    async DeregisterTargets(input, context) {
      const state = elb.in(context);
      const group = groupOf(state, input.TargetGroupArn);
      await deregisterTargets(elb, state, group, input.Targets ?? []);
      return {};
    },

    DescribeTargetHealth(input, context) {
      const state = elb.in(context);
      const group = groupOf(state, input.TargetGroupArn);
      const rows = state.targets(group.arn);
      const wanted =
        input.Targets === undefined
          ? [...rows.values()].map((row) => ({ named: row, row }))
          : input.Targets.map((target) => {
              const named = readTarget(group, target);
              return { named, row: rows.get(targetKey(named)) };
            });
      return {
        TargetHealthDescriptions: wanted.map(({ named, row }) => ({
          Target: targetShape(group, named),
          HealthCheckPort: healthCheckPort(group, named),
          TargetHealth: statusOf(state, group, row, health),
        })),
      };
    },
  } satisfies Elbv2Handlers;
}

function targetShape(
  { type }: GroupRow,
  { id, port, zone }: Pick<TargetRow, "id" | "port" | "zone">,
) {
  if (type === "lambda") return { Id: id, AvailabilityZone: "all" };
  return { Id: id, Port: port, AvailabilityZone: zone };
}

function healthCheckPort({ type, check }: GroupRow, { port }: { readonly port: number }) {
  if (type === "lambda") return undefined;
  return check.port === "traffic-port" ? String(port) : check.port;
}
