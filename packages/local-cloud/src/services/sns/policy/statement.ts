import { isJsonObject, type JsonObject, parseJsonObject } from "../../../json-object.ts";
import { invalidParameter } from "../errors.ts";

/** Who may do what with a topic, its one-or-many members made lists. */
export interface Statement {
  readonly sid: string | undefined;
  readonly effect: "Allow" | "Deny";
  /** By kind: { Service: ["cloudwatch.amazonaws.com"] }. "*" stands under AWS. */
  readonly principals: ReadonlyMap<string, readonly string[]>;
  /** "sns:publish", in lower case. */
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly condition: JsonObject;
}

/** What a topic policy may speak of. Source: AWS docs, "Amazon SNS API permissions". */
const ACTIONS: ReadonlySet<string> = new Set(
  [
    "AddPermission",
    "DeleteTopic",
    "GetDataProtectionPolicy",
    "GetTopicAttributes",
    "ListSubscriptionsByTopic",
    "ListTagsForResource",
    "Publish",
    "PutDataProtectionPolicy",
    "Receive",
    "RemovePermission",
    "SetTopicAttributes",
    "Subscribe",
  ].map((name) => `sns:${name}`.toLowerCase()),
);

export function isTopicAction(action: string): boolean {
  return ACTIONS.has(action.toLowerCase());
}

export function outOfScope() {
  return invalidParameter("Policy statement action out of service scope!");
}

/** What AddPermission and RemovePermission rewrite: the statements as they were written. */
export function rawStatements(policy: string): { document: JsonObject; list: JsonObject[] } {
  const document = parseJsonObject(policy) ?? {};
  const given: unknown = document["Statement"];
  const list: unknown[] = Array.isArray(given) ? given : [given];
  return { document, list: list.filter(isJsonObject) };
}

export function statementsOf(policy: string): Statement[] {
  return rawStatements(policy).list.map(statementOf);
}

function statementOf(raw: JsonObject): Statement {
  const { Sid, Effect, Principal, Action, Resource, Condition } = raw;
  return {
    sid: typeof Sid === "string" ? Sid : undefined,
    effect: Effect === "Deny" ? "Deny" : "Allow",
    principals: principalsOf(Principal),
    actions: textsOf(Action).map((action) => action.toLowerCase()),
    resources: textsOf(Resource),
    condition: isJsonObject(Condition) ? Condition : {},
  };
}

function principalsOf(value: unknown): ReadonlyMap<string, readonly string[]> {
  if (value === "*") return new Map([["AWS", ["*"]]]);
  if (!isJsonObject(value)) return new Map();
  return new Map(Object.entries(value).map(([kind, names]) => [kind, textsOf(names)]));
}

/** A text, or a list of texts. */
export function textsOf(value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((item) => typeof item === "string");
}

/**
 * Checks a policy before it is kept.
 * Unverified: the texts that start with "Policy Error"; that actions with wildcards are out of scope.
 * Source of the others: the errors as public repositories quote them.
 * @throws {AwsError} InvalidParameter
 */
export function checkPolicy(policy: string): void {
  const document = parseJsonObject(policy);
  if (document === undefined) throw invalidParameter("Policy Error: not a JSON object");
  const { list } = rawStatements(policy);
  if (list.length === 0) throw invalidParameter("Policy Error: no statement");
  const sids = new Set<string>();
  for (const raw of list) {
    const { sid = "", actions, principals } = statementOf(raw);
    if (raw["Effect"] !== "Allow" && raw["Effect"] !== "Deny") {
      throw invalidParameter(
        `Policy Error: the effect of ${sid || "a statement"} is neither Allow nor Deny`,
      );
    }
    if (principals.size === 0) throw invalidParameter("Policy Error: null");
    if (actions.length === 0 || !actions.every(isTopicAction)) throw outOfScope();
    if (list.length > 1 && sids.has(sid)) {
      throw invalidParameter("Policy Error: Every policy statement must have a unique ID");
    }
    sids.add(sid);
  }
}
