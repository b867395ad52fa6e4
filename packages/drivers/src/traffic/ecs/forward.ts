import type { Action, ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { CallLimits } from "../../aws/runner.ts";
import type { EcsCalls, SendOptions } from "./calls.ts";
import type { ListenerPlace } from "./listener-place.ts";

/** A target group in a forward action. A group's share is its weight over the sum of all. */
export interface ForwardGroup {
  readonly arn: string;
  /** 0 to 999. */
  readonly weight: number;
}

/** The forward action of a listener or a rule, as it was read. */
export interface Forward {
  /** Empty when the action does not forward. Those without a weight are there too. */
  readonly groups: readonly ForwardGroup[];
  /** For how long a client keeps the target group that it met first; undefined for not at all. */
  readonly stickySeconds: number | undefined;
  /** Marks this state: made of all that the action says of target groups. */
  readonly token: string;
  /** All actions, the forward last: what is kept when weights are written. */
  readonly actions: readonly Action[];
}

export interface ForwardApi {
  readonly place: ListenerPlace;
  read(limits?: CallLimits): Promise<Forward>;
  /**
   * Other weights for the target groups; everything else of the actions stays. False when the action is not the one
   * of `token` any more: then nothing was written. Elastic Load Balancing has no conditional write, so it is read
   * again right before every attempt, retries included. What remains is the time between those two requests: a
   * change that someone else makes in it is overwritten.
   */
  replace(groups: readonly ForwardGroup[], token: string, limits?: CallLimits): Promise<boolean>;
}

export function forwardApi({ elb }: EcsCalls, place: ListenerPlace): ForwardApi {
  const { listenerArn, ruleArn, label } = place;
  const get = async (client: ElasticLoadBalancingV2, options: SendOptions): Promise<Forward> => {
    if (ruleArn === undefined) {
      const { Listeners = [] } = await client.describeListeners(
        { ListenerArns: [listenerArn] },
        options,
      );
      return forwardOf(Listeners[0]?.DefaultActions ?? []);
    }
    const { Rules = [] } = await client.describeRules({ RuleArns: [ruleArn] }, options);
    return forwardOf(Rules[0]?.Actions ?? []);
  };
  const put = async (
    client: ElasticLoadBalancingV2,
    options: SendOptions,
    actions: readonly Action[],
  ) => {
    if (ruleArn === undefined) {
      const input = { ListenerArn: listenerArn, DefaultActions: [...actions] };
      await client.modifyListener(input, options);
    } else {
      await client.modifyRule({ RuleArn: ruleArn, Actions: [...actions] }, options);
    }
  };
  const [describe, modify] =
    ruleArn === undefined
      ? ["DescribeListeners", "ModifyListener"]
      : ["DescribeRules", "ModifyRule"];
  return {
    place,
    read: (limits) => elb(describe, label, get, limits),
    replace: (groups, token, limits) =>
      elb(
        modify,
        label,
        async (client, options) => {
          const now = await get(client, options);
          if (now.token !== token) return false;
          await put(client, options, actionsWith(now, groups));
          return true;
        },
        limits,
      ),
  };
}

/** Source: AWS docs, API_ForwardActionConfig: an action with one group may have it beside the configuration. */
export function forwardOf(actions: readonly Action[]): Forward {
  const forward = actions.find(({ Type }) => Type === "forward");
  const { TargetGroups, TargetGroupStickinessConfig: sticky } = forward?.ForwardConfig ?? {};
  const single = forward?.TargetGroupArn === undefined ? [] : [{ ...forward, Weight: 1 }];
  const groups = (TargetGroups ?? single).map(({ TargetGroupArn: arn = "", Weight = 1 }) => ({
    arn,
    weight: Weight,
  }));
  const stickySeconds = sticky?.Enabled === true ? (sticky.DurationSeconds ?? 0) : undefined;
  const listed = groups.map(({ arn, weight }) => `${arn.split("/").at(-2)}=${weight}`).sort();
  const token = `${listed.join(",")}${stickySeconds === undefined ? "" : ` sticky ${stickySeconds}`}`;
  return { groups, stickySeconds, token, actions };
}

/** The same actions with these target groups in the one that forwards. */
export function actionsWith(
  { actions }: Pick<Forward, "actions">,
  groups: readonly ForwardGroup[],
): readonly Action[] {
  const TargetGroups = groups.map(({ arn, weight }) => ({ TargetGroupArn: arn, Weight: weight }));
  return actions.map((action) => {
    if (action.Type === "forward") {
      const { TargetGroupArn: _, ...rest } = action;
      return { ...rest, ForwardConfig: { ...action.ForwardConfig, TargetGroups } };
    }
    // The secret does not come back on reading. Source: AWS docs, API_AuthenticateOidcActionConfig.
    const { AuthenticateOidcConfig } = action;
    if (AuthenticateOidcConfig === undefined) return action;
    return {
      ...action,
      AuthenticateOidcConfig: { ...AuthenticateOidcConfig, UseExistingClientSecret: true },
    };
  });
}
