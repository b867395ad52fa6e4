import { type Condition, holds } from "./conditions.ts";
import { type Patterns, type Policy, type Statement, statementsOn } from "./document.ts";
import type { RequestKeys } from "./keys.ts";
import { type Mention, mentionOf, type Principal } from "./principal.ts";
import { isLike, withValues } from "./variables.ts";

/** One action on one resource. */
export interface Request {
  readonly principal: Principal;
  /** "lambda:UpdateAlias" */
  readonly action: string;
  /** An ARN; "*" of an action that has no resource of its own. */
  readonly resource: string;
  readonly keys: RequestKeys;
}

/** Everything that may speak of a request. Each list is one policy or more; a missing one does not count at all. */
export interface Policies {
  /** Of the user with its groups, or of the role: inline and attached. */
  readonly identity: readonly Policy[];
  readonly boundary: Policy | undefined;
  /** What the session was limited to when it was made; undefined: to nothing. */
  readonly session: readonly Policy[] | undefined;
  /** The resource's own. */
  readonly resource: Policy | undefined;
}

export type PolicyKind = "identity" | "boundary" | "session" | "resource";

export type Decision =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      /** Whether a statement denies it, or just none allows it. */
      readonly isExplicit: boolean;
      /** The kind of policy that denies, or that lacks the statement. */
      readonly by: PolicyKind;
    };

const ALLOWED: Decision = { allowed: true };

/** What the resource's account asks for beside the usual. */
export interface Rules {
  /** The caller is of another account than the resource: both sides must allow it. */
  readonly isCrossAccount: boolean;
  /** Roles: nobody assumes one that its trust policy does not name, whatever else allows it. */
  readonly needsResourcePolicy: boolean;
}

/**
 * Decides as IAM does: a deny anywhere beats all, then boundaries and sessions only narrow what identity and resource
 * policies give.
 * Source: AWS docs, "Policy evaluation logic", "How AWS enforcement code logic evaluates requests".
 */
export function decide(policies: Policies, request: Request, rules: Rules): Decision {
  const { identity, boundary, session, resource } = policies;
  const byIdentity = verdictOf(identity, request);
  const byBoundary = boundary && verdictOf([boundary], request);
  const bySession = session && verdictOf(session, request);
  const byResource = resource === undefined ? UNMENTIONED : resourceVerdictOf(resource, request);
  if (byIdentity === "deny") return refused("identity", true);
  if (byBoundary === "deny") return refused("boundary", true);
  if (bySession === "deny") return refused("session", true);
  if (byResource.isDenied) return refused("resource", true);

  const { mention } = byResource;
  const isGranted = mention === "self" || mention === "role";
  const isDelegated = mention === "account";
  if (rules.needsResourcePolicy && !isGranted && !isDelegated) return refused("resource", false);
  if (rules.isCrossAccount && !isGranted && !isDelegated) return refused("resource", false);
  const isEnoughAlone = isGranted && !rules.isCrossAccount;
  // A policy that names the very user or session is not held back by what merely does not allow.
  if (isEnoughAlone && mention === "self") return ALLOWED;
  if (byIdentity !== "allow" && !isEnoughAlone) return refused("identity", false);
  if (byBoundary === "none") return refused("boundary", false);
  if (bySession === "none") return refused("session", false);
  return ALLOWED;
}

function refused(by: PolicyKind, isExplicit: boolean): Decision {
  return { allowed: false, by, isExplicit };
}

type Verdict = "allow" | "deny" | "none";

function verdictOf(policies: readonly Policy[], request: Request): Verdict {
  let verdict: Verdict = "none";
  const action = request.action.toLowerCase();
  for (const policy of policies) {
    for (const statement of statementsOn(policy, action)) {
      if (!speaksOf(statement, action, request)) continue;
      if (statement.effect === "Deny") return "deny";
      verdict = "allow";
    }
  }
  return verdict;
}

interface ResourceVerdict {
  readonly isDenied: boolean;
  readonly mention: Mention;
}

const UNMENTIONED: ResourceVerdict = { isDenied: false, mention: "none" };

function resourceVerdictOf(policy: Policy, request: Request): ResourceVerdict {
  const action = request.action.toLowerCase();
  let strongest: Mention = "none";
  for (const statement of statementsOn(policy, action)) {
    if (statement.principals === undefined) continue;
    const mention = mentionOf(statement.principals, request.principal);
    if (mention === "none" || !speaksOf(statement, action, request)) continue;
    // A deny that names the account is for everybody in it.
    if (statement.effect === "Deny") return { isDenied: true, mention: "none" };
    if (mention === "self" || strongest === "none" || strongest === "account") strongest = mention;
  }
  return { isDenied: false, mention: strongest };
}

function speaksOf(statement: Statement, action: string, { resource, keys }: Request): boolean {
  const { actions, resources, conditions, hasVariables } = statement;
  return (
    isListed(actions, (pattern) => isLike(pattern, action)) &&
    (resources === undefined ||
      isListed(resources, (pattern) => isResource(pattern, resource, keys, hasVariables))) &&
    conditions.every((condition: Condition) => holds(condition, keys, hasVariables))
  );
}

function isListed({ isNegated, list }: Patterns, is: (pattern: string) => boolean): boolean {
  return list.some(is) !== isNegated;
}

/** Unverified: that a `*` in a resource runs over colons; AWS warns of it and does not say that it does not. */
function isResource(
  pattern: string,
  resource: string,
  keys: RequestKeys,
  hasVariables: boolean,
): boolean {
  const filled = hasVariables ? withValues(pattern, keys) : pattern;
  return filled !== undefined && isLike(filled, resource);
}
