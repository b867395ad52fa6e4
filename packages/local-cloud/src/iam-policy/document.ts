import { isJsonObject, type JsonObject, parseJsonObject } from "../json-object.ts";
import { type Condition, readCondition } from "./conditions.ts";

/** A policy of any kind, read once: of an identity, of a resource, a trust policy, a boundary. */
export interface Policy {
  readonly statements: readonly Statement[];
}

export interface Statement {
  readonly effect: "Allow" | "Deny";
  /** In lower case: IAM does not tell "s3:getobject" from "s3:GetObject". */
  readonly actions: Patterns;
  /** Undefined in trust policies, which stand for the role that they hang on. */
  readonly resources: Patterns | undefined;
  /** Undefined in policies of identities, which speak of the one they hang on. */
  readonly principals: Principals | undefined;
  readonly conditions: readonly Condition[];
  /** Whether `${aws:username}` is a variable here, and not just text. */
  readonly hasVariables: boolean;
}

export interface Patterns {
  /** Of `NotAction` and the like: everything that is not listed. */
  readonly isNegated: boolean;
  readonly list: readonly string[];
}

export interface Principals {
  readonly isNegated: boolean;
  /** By kind: { Service: ["lambda.amazonaws.com"] }. "*" stands under AWS. */
  readonly byKind: ReadonlyMap<string, readonly string[]>;
}

const NOTHING: Policy = { statements: [] };

/** The documents that were read last, by their text: the same few are asked at every request. */
const read = new Map<string, Policy>();

/** Ours. More than a cloud on a laptop will hold; what is forgotten is only read again. */
const MOST_KEPT = 2000;

/**
 * Reads a policy. A statement that makes no sense is left out, and text that is no policy says nothing at all: what is
 * kept was checked when it was put, and what cannot be read must let nobody in.
 */
export function readPolicy(text: string): Policy {
  const known = read.get(text);
  if (known !== undefined) return known;
  const policy = parse(text);
  if (read.size >= MOST_KEPT) read.clear();
  read.set(text, policy);
  return policy;
}

/** Statements that may speak of a service's actions, for every policy and service that was asked about. */
const byService = new WeakMap<Policy, Map<string, readonly Statement[]>>();

/** The few statements of a policy that may speak of an action: most speak of other services. */
export function statementsOn(policy: Policy, action: string): readonly Statement[] {
  const service = action.slice(0, action.indexOf(":") + 1);
  const known = byService.get(policy) ?? new Map<string, readonly Statement[]>();
  byService.set(policy, known);
  let found = known.get(service);
  if (found === undefined) {
    found = policy.statements.filter(({ actions }) => mayBeOf(service, actions));
    known.set(service, found);
  }
  return found;
}

/** Only a pattern that names another service, without a wildcard in that name, surely does not match. */
function mayBeOf(service: string, { isNegated, list }: Patterns): boolean {
  return isNegated || list.some((one) => one.startsWith(service) || /^[^:]*[*?]/.test(one));
}

function parse(text: string): Policy {
  const document = parseJsonObject(text);
  if (document === undefined) return NOTHING;
  const { Statement: given, Version: version } = document;
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const hasVariables = version === "2012-10-17";
  return { statements: list.flatMap((one) => statementOf(one, hasVariables)) };
}

function statementOf(raw: unknown, hasVariables: boolean): Statement[] {
  if (!isJsonObject(raw)) return [];
  const { Effect: effect } = raw;
  if (effect !== "Allow" && effect !== "Deny") return [];
  const actions = patternsOf(raw, "Action");
  const conditions = readCondition(raw["Condition"]);
  if (actions === undefined || conditions === undefined) return [];
  return [
    {
      effect,
      actions: { ...actions, list: actions.list.map((action) => action.toLowerCase()) },
      resources: patternsOf(raw, "Resource"),
      principals: principalsOf(raw),
      conditions,
      hasVariables,
    },
  ];
}

function patternsOf(raw: JsonObject, member: string): Patterns | undefined {
  const isNegated = raw[member] === undefined;
  const value = isNegated ? raw[`Not${member}`] : raw[member];
  return value === undefined ? undefined : { isNegated, list: textsOf(value) };
}

function principalsOf(raw: JsonObject): Principals | undefined {
  const isNegated = raw["Principal"] === undefined;
  const value = isNegated ? raw["NotPrincipal"] : raw["Principal"];
  if (value === undefined) return undefined;
  if (value === "*") return { isNegated, byKind: new Map([["AWS", ["*"]]]) };
  if (!isJsonObject(value)) return { isNegated, byKind: new Map() };
  const kinds = Object.entries(value).map(([kind, names]) => [kind, textsOf(names)] as const);
  return { isNegated, byKind: new Map(kinds) };
}

function textsOf(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((item) => typeof item === "string");
}
