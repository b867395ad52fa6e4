import type { Place } from "../../telemetry/metric-sink.ts";

/** A share of a listener's or rule's requests: weight / sum of weights. */
export interface ForwardShare {
  readonly targetGroupArn: string;
  /** 0 to 999. */
  readonly weight: number;
}

/** Listeners and rules of load balancers, for services that move their traffic. */
export interface ListenerPort {
  /** By the ARN of a listener (its default action), or of a rule, a default one included. */
  find(
    place: Place,
    arn: string,
  ):
    | {
        readonly loadBalancerArn: string;
        readonly listenerArn: string;
        /** Undefined of a listener and of its default rule: the action is the listener's own. */
        readonly ruleArn: string | undefined;
        readonly port: number;
        /** Undefined when the action is no forward. One group alone counts as weight 1. */
        readonly forward: readonly ForwardShare[] | undefined;
      }
    | undefined;
  /**
   * Replaces the target groups of the action, and keeps all else of it (stickiness included).
   * @returns false when there is no such listener or rule.
   * @throws {AwsError} as ModifyListener and ModifyRule do.
   */
  forward(place: Place, arn: string, shares: readonly ForwardShare[]): Promise<boolean>;
}
