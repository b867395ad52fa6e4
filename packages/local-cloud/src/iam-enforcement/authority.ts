import type { IncomingMessage } from "node:http";
import type { Decision } from "../iam-policy/evaluate.ts";
import type { KeyValues, RequestKeys } from "../iam-policy/keys.ts";
import type { JsonObject } from "../json-object.ts";
import type { Caller, Cloud, ResourceFacts } from "../service.ts";
import type { ServiceName } from "../services/registry.ts";
import type { Place } from "../telemetry/metric-sink.ts";
import { type KnownCaller, knownCaller } from "./caller.ts";
import { decisionOn, policyOf } from "./decision.ts";
import { demandsOf } from "./demands/index.ts";
import { reasonOf } from "./denial.ts";
import { keyProblem } from "./key-problem.ts";

/** What somebody wants to do without calling an API of AWS, and to what. */
export interface Wanted {
  /** "lambda:InvokeFunction" */
  readonly action: string;
  /** An ARN, or "*" of an action that has no resource of its own. */
  readonly resource: string;
  /** Whose resource it is: its own policy and its tags count. */
  readonly service: ServiceName;
  /** Condition keys of the service. */
  readonly keys?: KeyValues | RequestKeys | undefined;
  /** The resource's own policy, where it does not hang on the resource's ARN: that of a deployed API. */
  readonly policy?: string | undefined;
  /** The resource's policy and the caller's must both allow it, as across accounts: VPC Lattice. */
  readonly needsBothSides?: boolean | undefined;
}

export interface Denied {
  /** In the words of AWS's access-denied messages: "User: arn:... is not authorized to perform: ... because ...". */
  readonly message: string;
  readonly decision: Extract<Decision, { readonly allowed: false }>;
}

/** A role that a service was given. */
interface ActingRole {
  readonly roleArn: string;
  /** As the service would name its session: "ecs-service-scheduler". */
  readonly sessionName: string;
  readonly region: string;
}

/** A service that acts in nobody's role. */
interface ActingService extends Place {
  /** "events.amazonaws.com" */
  readonly principal: string;
  /** What of the user's it acts for: `aws:SourceArn`. Its account and region are the place. */
  readonly sourceArn: string;
}

/** A call of an API that a service could send, and does without. */
export interface RoleCall {
  readonly service: ServiceName;
  /** "UpdateAlias" */
  readonly operation: string;
  /** What of the input the permissions are about. */
  readonly input: JsonObject;
}

/**
 * Decides on what happens without a call of an API: what services do in the roles they were given, and users' traffic
 * that is signed. Every decision is made from what IAM and the services have at that moment.
 */
export interface Authority {
  /**
   * Whether a role that a service acts in may do it. Whom the role trusts is the service's own question, before this.
   * @returns undefined when it may; a role that is not there may do nothing, whatever the resource's own policy says.
   */
  asRole(role: ActingRole, wanted: Wanted): Promise<Denied | undefined>;
  /**
   * Whether a role that a service acts in may make a call, as if the service sent it: all that the call demands is
   * asked for. Not for API Gateway, whose permissions are made of HTTP requests.
   * @returns the first that it may not; undefined when it may.
   */
  asRoleCalling(role: ActingRole, call: RoleCall): Promise<Denied | undefined>;
  /**
   * Whether a service may do it without a role: the resource's own policy alone says so.
   * @returns undefined when it may.
   */
  asService(service: ActingService, wanted: Wanted): Promise<Denied | undefined>;
  /**
   * Whether who signed a request of users' traffic may do it.
   * @returns undefined when they may; a key that is nobody's, inactive or expired may do nothing.
   */
  asSigner(
    signer: {
      readonly accessKeyId: string;
      readonly region: string;
      readonly request: IncomingMessage;
    },
    wanted: Wanted,
  ): Promise<Denied | undefined>;
  /**
   * Whether somebody may do it whose identity was established before, as a registry's token does.
   * @returns undefined when they may.
   */
  asCaller(asker: Asker, wanted: Wanted): Promise<Denied | undefined>;
}

interface Asker extends Place {
  readonly caller: Caller;
  readonly request?: IncomingMessage | undefined;
}

const NO_FACTS: ResourceFacts = {};
const NOTHING_ALLOWS = { allowed: false, isExplicit: false, by: "identity" } as const;

/** @param factsOf what a service tells of its resources, loading it. */
export function createAuthority(
  cloud: Pick<Cloud, "identities" | "clock" | "port">,
  factsOf: (service: ServiceName) => Promise<ResourceFacts | undefined>,
): Authority {
  const ask = async (asker: Asker, wanted: Wanted): Promise<Denied | undefined> => {
    const { account, region, caller, request } = asker;
    const { action, resource, service, keys = {}, needsBothSides = false } = wanted;
    const [permissions, facts = NO_FACTS] = await Promise.all([
      cloud.port("permissions"),
      factsOf(service),
    ]);
    const decision = decisionOn(knownCaller({ account, caller }, permissions), {
      action,
      resource,
      account,
      keys,
      parts: { request, input: undefined, region, nowMs: cloud.clock.nowMs() },
      facts,
      policy: wanted.policy ?? policyOf(facts, resource),
      needsBothSides,
      needsResourcePolicy: false,
    });
    return decision.allowed ? undefined : denied(caller.arn, wanted, decision);
  };
  const asRole: Authority["asRole"] = async ({ roleArn, sessionName, region }, wanted) => {
    const { account, name } = readRoleArn(roleArn);
    const arn = `arn:aws:sts::${account}:assumed-role/${name}/${sessionName}`;
    const role = (await cloud.port("permissions")).ofRole(account, name);
    // Names are unique in an account, so that another path is another role, which is not there.
    if (role?.arn !== roleArn) return denied(arn, wanted, NOTHING_ALLOWS);
    const caller = { accessKeyId: "", arn, userId: `${role.id}:${sessionName}` };
    return ask({ account, region, caller }, wanted);
  };
  return {
    asRole,
    async asRoleCalling(role, { service, operation, input }) {
      const { account } = readRoleArn(role.roleArn);
      const place = { account, region: role.region };
      const facts = (await factsOf(service)) ?? NO_FACTS;
      const call = { operation, input, place, facts, method: "POST", path: "/" };
      for (const { action, resources, keys } of demandsOf(service, call)) {
        const owner = action.startsWith("iam:") ? "iam" : service;
        for (const resource of resources) {
          const denied = await asRole(role, { action, resource, service: owner, keys });
          if (denied !== undefined) return denied;
        }
      }
      return undefined;
    },
    async asService(acting, wanted) {
      const { principal, account, region } = acting;
      const { action, resource, service, keys = {} } = wanted;
      const facts = (await factsOf(service)) ?? NO_FACTS;
      const decision = decisionOn(knownService(acting), {
        action,
        resource,
        account,
        keys,
        parts: { request: undefined, input: undefined, region, nowMs: cloud.clock.nowMs() },
        facts,
        policy: wanted.policy ?? policyOf(facts, resource),
        needsResourcePolicy: true,
      });
      if (decision.allowed) return undefined;
      const what = `${principal} is not authorized to perform: ${action} on resource: ${resource}`;
      return { message: `${what} ${reasonOf(action, decision)}`, decision };
    },
    async asSigner({ accessKeyId, region, request }, wanted) {
      const { account, caller } = cloud.identities.identify(accessKeyId);
      if (keyProblem(cloud.identities, accessKeyId) !== undefined) {
        const message = "The security token included in the request is invalid.";
        return { message, decision: NOTHING_ALLOWS };
      }
      return ask({ account, region, caller, request }, wanted);
    },
    asCaller: ask,
  };
}

/** Source: AWS docs, "AWS global condition context keys", properties of the principal and of the request. */
function knownService({ principal: name, sourceArn, account }: ActingService): KnownCaller {
  return {
    principal: { kind: "service", name },
    policies: { identity: [], boundary: undefined, session: undefined },
    keys: {
      "aws:PrincipalIsAWSService": "true",
      "aws:PrincipalServiceName": name,
      "aws:SourceAccount": account,
      "aws:SourceArn": sourceArn,
    },
  };
}

/** Both are empty when it is no role's. */
function readRoleArn(roleArn: string) {
  const [, account = "", name = ""] =
    /^arn:[^:]+:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(roleArn) ?? [];
  return { account, name };
}

function denied(arn: string, { action, resource }: Wanted, decision: Denied["decision"]): Denied {
  const who = `User: ${arn} is not authorized to perform: ${action}`;
  return { message: `${who} on resource: ${resource} ${reasonOf(action, decision)}`, decision };
}
