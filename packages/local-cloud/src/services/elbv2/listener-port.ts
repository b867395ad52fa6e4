import type { Action } from "../../data-plane/load-balancer/routing.ts";
import type { ForwardShare, ListenerPort } from "../../data-plane/ports/listeners.ts";
import { readAction } from "./actions.ts";
import type { Elb, ListenerRow, PlaceState, RuleRow } from "./state.ts";

/** Listeners and rules for services that move their traffic: CodeDeploy and ECS. */
export function createListenerPort(elb: Elb): ListenerPort {
  return {
    find(place, arn) {
      const owner = ownerOf(elb.in(place), arn);
      if (owner === undefined) return undefined;
      const { listener, rule } = owner;
      return {
        loadBalancerArn: listener.balancerArn,
        listenerArn: listener.arn,
        ruleArn: rule?.arn,
        port: listener.port,
        forward: sharesOf((rule ?? listener).action),
      };
    },

    async forward(place, arn, shares) {
      const state = elb.in(place);
      const owner = ownerOf(state, arn);
      if (owner === undefined) return false;
      const { listener, rule } = owner;
      const action = forwardOf(state, listener, (rule ?? listener).action, shares);
      if (rule === undefined) state.listeners.set(listener.arn, { ...listener, action });
      else state.rules.set(rule.arn, { ...rule, action });
      await elb.changed(state);
      return true;
    },
  };
}

/** What an ARN names: a listener, one of its rules, or its default rule, which is the listener's own action. */
function ownerOf(
  { listeners, rules }: PlaceState,
  arn: string,
): { readonly listener: ListenerRow; readonly rule: RuleRow | undefined } | undefined {
  const rule = rules.get(arn);
  const listener =
    rule === undefined
      ? (listeners.get(arn) ??
        [...listeners.values()].find(({ defaultRuleArn }) => defaultRuleArn === arn))
      : listeners.get(rule.listenerArn);
  return listener && { listener, rule };
}

function sharesOf(action: Action): readonly ForwardShare[] | undefined {
  if (action.kind !== "forward") return undefined;
  return action.groups.map(({ groupArn, weight }) => ({ targetGroupArn: groupArn, weight }));
}

/** The groups are checked as ModifyListener and ModifyRule check them; stickiness stays as it was. */
function forwardOf(
  state: PlaceState,
  { balancerArn }: ListenerRow,
  before: Action,
  shares: readonly ForwardShare[],
): Action {
  const stickiness = before.kind === "forward" ? before.stickiness : undefined;
  return readAction(state, balancerArn, [
    {
      Type: "forward",
      ForwardConfig: {
        TargetGroups: shares.map(({ targetGroupArn, weight }) => ({
          TargetGroupArn: targetGroupArn,
          Weight: weight,
        })),
        TargetGroupStickinessConfig: stickiness && {
          Enabled: stickiness.isOn,
          DurationSeconds: stickiness.seconds,
        },
      },
    },
  ]);
}
