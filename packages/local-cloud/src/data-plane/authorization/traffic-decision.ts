import type { IncomingMessage } from "node:http";
import type { Wanted } from "../../iam-enforcement/authority.ts";
import { ALLOW_ALL, type KnownCaller, knownCaller } from "../../iam-enforcement/caller.ts";
import { decisionOn } from "../../iam-enforcement/decision.ts";
import type { Decision } from "../../iam-policy/evaluate.ts";
import type { Caller, Cloud } from "../../service.ts";
import type { Place } from "../../telemetry/metric-sink.ts";

/** Who sends users' traffic. */
export interface Signer {
  readonly account: string;
  readonly caller: Caller;
}

/** What the traffic wants of a resource with a policy of its own, which counts whether IAM is enforced or not. */
export interface TrafficRequest extends Wanted {
  readonly message: IncomingMessage;
  /** Undefined: the request is not signed. */
  readonly signer: Signer | undefined;
  /** Where the resource is. */
  readonly place: Place;
}

/**
 * Decides by the resource's policy and, where IAM is enforced, by those of who signed. Where it is not, and for the
 * anonymous, the other side allows everything.
 */
export async function decideTraffic(
  { authority, clock, port }: Pick<Cloud, "authority" | "clock" | "port">,
  request: TrafficRequest,
): Promise<Decision> {
  const { message, signer, place, keys = {} } = request;
  const { region } = place;
  if (signer !== undefined && authority !== undefined) {
    const denied = await authority.asCaller({ ...signer, region, request: message }, request);
    return denied?.decision ?? { allowed: true };
  }
  const asking =
    signer === undefined
      ? ANONYMOUS
      : { ...knownCaller(signer, await port("permissions")), policies: ALLOWING };
  return decisionOn(asking, {
    ...request,
    account: signer?.account ?? place.account,
    keys,
    parts: { request: message, input: undefined, region, nowMs: clock.nowMs() },
    facts: {},
    policy: request.policy,
    needsResourcePolicy: false,
  });
}

const ALLOWING = { identity: [ALLOW_ALL], boundary: undefined, session: undefined };

/** Source of the key: AWS docs, "Control access to VPC Lattice services using auth policies". */
const ANONYMOUS: KnownCaller = {
  principal: { kind: "anonymous" },
  policies: ALLOWING,
  keys: { "aws:PrincipalType": "Anonymous" },
};
