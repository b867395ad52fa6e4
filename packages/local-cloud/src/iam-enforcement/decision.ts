import { readPolicy } from "../iam-policy/document.ts";
import { type Decision, decide } from "../iam-policy/evaluate.ts";
import { type KeyValues, keysOf, type RequestKeys } from "../iam-policy/keys.ts";
import type { ResourceFacts } from "../service.ts";
import type { KnownCaller } from "./caller.ts";
import { type RequestParts, requestKeys } from "./request-keys.ts";

/** One action of a known caller on one resource, and what else policies may ask about it. */
export interface Question {
  readonly action: string;
  readonly resource: string;
  /** The caller's account. */
  readonly account: string;
  /** Condition keys of the service. */
  readonly keys: KeyValues | RequestKeys;
  readonly parts: Omit<RequestParts, "resource" | "tagsOfResource">;
  /** Of the service whose resource it is. */
  readonly facts: ResourceFacts;
  /** The resource's own policy. */
  readonly policy: string | undefined;
  /** The resource's policy and the caller's must both allow it, in the same account too. Default false. */
  readonly needsBothSides?: boolean | undefined;
  /** Roles: nobody assumes one that its trust policy does not name. */
  readonly needsResourcePolicy: boolean;
}

export function decisionOn(caller: KnownCaller, question: Question): Decision {
  const { action, resource, account, keys, parts, facts, policy, needsBothSides } = question;
  const owner = resource.split(":")[4] ?? "";
  const tagsOfResource = () => facts.tagsOf?.(resource);
  const general = requestKeys({ ...parts, resource, tagsOfResource });
  return decide(
    { ...caller.policies, resource: policy === undefined ? undefined : readPolicy(policy) },
    { principal: caller.principal, action, resource, keys: keysOf(keys, caller.keys, general) },
    {
      isCrossAccount: needsBothSides === true || (/^\d{12}$/.test(owner) && owner !== account),
      needsResourcePolicy: question.needsResourcePolicy,
    },
  );
}

/** The policy of the resource itself. What has no account in its ARN, or is no ARN, has none. */
export function policyOf(facts: ResourceFacts, resource: string): string | undefined {
  return /^arn:(?:[^:]*:){3}\d{12}:/.test(resource) ? facts.policyOf?.(resource) : undefined;
}
