import type { IncomingMessage } from "node:http";
import type { PermissionPort } from "../data-plane/ports/permissions.ts";
import type { ProtocolName } from "../model/protocols.ts";
import type { Cloud, RequestContext, ResourceFacts } from "../service.ts";
import type { ServiceName } from "../services/registry.ts";
import { refusalError } from "../wire/signature/refusals.ts";
import { knownCaller } from "./caller.ts";
import { decisionOn, policyOf } from "./decision.ts";
import { demandsOf } from "./demands/index.ts";
import { denial } from "./denial.ts";
import { keyProblem } from "./key-problem.ts";

/** A call that is about to reach its handler. */
export interface GuardedCall {
  readonly service: ServiceName;
  readonly operation: string;
  readonly protocol: ProtocolName;
  readonly input: unknown;
  readonly request: IncomingMessage;
  readonly context: RequestContext;
}

export interface Enforcement {
  /**
   * Returns when the caller may do what the call asks for. Nothing has changed when it throws.
   * @throws {AwsError} AccessDenied and its kin in the words of each service; InvalidClientTokenId and its kin for
   * keys that are not known.
   */
  require(call: GuardedCall, facts: ResourceFacts | undefined): Promise<void>;
}

const NO_FACTS: ResourceFacts = {};

/**
 * Says who may do what. Every decision is made anew from what IAM and the services have at that moment: a change of a
 * policy counts from the next request on, where AWS takes some seconds.
 */
export function createEnforcement(cloud: Cloud): Enforcement {
  return {
    async require(call, facts = NO_FACTS) {
      const { service, operation, input, request, context } = call;
      const permissions = await cloud.port("permissions");
      const { method = "GET", url = "/" } = request;
      const [path = "/"] = url.split("?", 1);
      const caller = knownCaller(context, permissions);
      const own = (kind: string) => (kind === "caller" ? context.caller.arn : undefined);
      const demands = demandsOf(service, {
        operation,
        input,
        place: context,
        method,
        path,
        facts: { arnOf: (place, kind, name) => own(kind) ?? facts.arnOf?.(place, kind, name) },
      });
      // Whoever has a link or a token may use it, known or not.
      if (demands.length > 0 || service !== "sns") requireKnownKey(cloud, call);
      for (const demand of demands) {
        for (const resource of demand.resources) {
          const { action, keys = {} } = demand;
          const decision = decisionOn(caller, {
            action,
            resource,
            account: context.account,
            keys,
            parts: { request, input, region: context.region, nowMs: cloud.clock.nowMs() },
            facts,
            policy: policyAsked(action, resource, permissions, facts),
            needsResourcePolicy: action.startsWith("sts:") && resource !== "*",
          });
          if (decision.allowed) continue;
          throw denial({ ...call, callerArn: context.caller.arn, action, resource, decision });
        }
      }
    },
  };
}

/** Roles are handed on without asking whom they trust. */
function policyAsked(
  action: string,
  resource: string,
  permissions: PermissionPort,
  facts: ResourceFacts,
): string | undefined {
  if (resource === "*" || action.startsWith("iam:")) return undefined;
  if (action.startsWith("sts:")) return permissions.trustPolicyOf(resource);
  return policyOf(facts, resource);
}

function requireKnownKey({ identities }: Cloud, { context, protocol }: GuardedCall): void {
  const kind = keyProblem(identities, context.caller.accessKeyId);
  if (kind !== undefined) throw refusalError({ kind }, protocol);
}
