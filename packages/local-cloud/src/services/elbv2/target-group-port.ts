import type { TargetGroupPort } from "../../data-plane/ports.ts";
import type { HealthBook } from "./health/health-book.ts";
import { statusOf } from "./health/target-status.ts";
import { deregisterTargets, registerTargets } from "./registration.ts";
import { type Elb, targetKey } from "./state.ts";
import { balancerUsing } from "./usage.ts";

/** Target groups for services that run what stands behind them. */
export function createTargetGroupPort(elb: Elb, health: HealthBook): TargetGroupPort {
  return {
    arnOf: (place, name) =>
      [...elb.in(place).groups.values()].find((group) => group.name === name)?.arn,
    find(place, arn) {
      const state = elb.in(place);
      const group = state.groups.get(arn);
      if (group === undefined) return undefined;
      const { type, port, check } = group;
      const loadBalancerArn = balancerUsing(state, arn);
      return { type, port, loadBalancerArn, isHealthChecked: check.isEnabled };
    },
    async register(place, arn, { id, port }) {
      const state = elb.in(place);
      const group = state.groups.get(arn);
      if (group === undefined) return false;
      await registerTargets(elb, state, group, [{ Id: id, Port: port }]);
      return true;
    },
    async deregister(place, arn, { id, port }) {
      const state = elb.in(place);
      const group = state.groups.get(arn);
      if (group !== undefined) {
        await deregisterTargets(elb, state, group, [{ Id: id, Port: port }]);
      }
    },
    health(place, arn, target) {
      const state = elb.in(place);
      const group = state.groups.get(arn);
      if (group === undefined) return undefined;
      const row = state.targets(arn).get(targetKey(target));
      const { State, Reason, Description } = statusOf(state, group, row, health);
      return { state: State, reason: Reason, description: Description };
    },
  };
}
