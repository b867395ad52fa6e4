import { isJsonObject, type JsonObject } from "../../json-object.ts";
import { isConditionOperator } from "./condition-operators.ts";
import { limitExceeded, malformedPolicy } from "./errors.ts";
import { MANAGED_POLICY_MAX } from "./limits.ts";

/** One statement, its one-or-many members made lists. */
export interface Statement {
  readonly effect: "Allow" | "Deny";
  readonly actions: readonly string[];
  /** By kind: { Service: ["lambda.amazonaws.com"] }. "*" stands under AWS. */
  readonly principals: ReadonlyMap<string, readonly string[]>;
  readonly condition: Readonly<Record<string, unknown>> | undefined;
}

const VERSIONS: ReadonlySet<unknown> = new Set(["2012-10-17", "2008-10-17"]);
const STATEMENT_KEYS: ReadonlySet<string> = new Set([
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
]);
const ASSUME_ACTIONS: ReadonlySet<string> = new Set(
  [
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:SetContext",
    "sts:*",
  ].map((action) => action.toLowerCase()),
);

/**
 * Checks a policy of an identity (inline or managed).
 * @throws {AwsError} MalformedPolicyDocument
 */
export function checkIdentityPolicy(text: string): void {
  // Source: moto's recorded answers (tests of iam policies).
  const document = parseDocument(text, "Syntax errors in policy.");
  const sids = new Set<string>();
  for (const statement of statementsOf(document)) {
    const { Sid: sid, Action, NotAction, Resource, NotResource } = statement;
    if ("Principal" in statement || "NotPrincipal" in statement) {
      throw malformedPolicy("Policy document should not specify a principal.");
    }
    const actions = listOf(Action ?? NotAction);
    if (actions.length === 0) throw malformedPolicy("Policy statement must contain actions.");
    for (const action of actions) checkAction(action);
    const resources = listOf(Resource ?? NotResource);
    if (resources.length === 0) throw malformedPolicy("Policy statement must contain resources.");
    for (const resource of resources) checkResource(resource);
    checkCondition(statement);
    if (typeof sid !== "string") continue;
    if (!/^[0-9A-Za-z]*$/.test(sid)) {
      // Source: CloudTrail events that public repositories quote.
      throw malformedPolicy(
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
      );
    }
    if (sids.has(sid)) {
      throw malformedPolicy("Statement IDs (SID) in a single policy must be unique.");
    }
    sids.add(sid);
  }
}

/** @throws {AwsError} MalformedPolicyDocument, LimitExceeded */
export function checkManagedPolicy(text: string): void {
  checkIdentityPolicy(text);
  if (documentLength(text) > MANAGED_POLICY_MAX) {
    throw limitExceeded(`Cannot exceed quota for PolicySize: ${MANAGED_POLICY_MAX}`);
  }
}

/**
 * Checks what a trust policy says beyond its form. Apart from `parseTrustPolicy`, because a principal may be deleted
 * after it was trusted.
 * @param isMissing whether a principal of this cloud is not there
 * @throws {AwsError} MalformedPolicyDocument
 */
export function checkTrustPolicy(text: string, isMissing: (arn: string) => boolean): void {
  for (const { principals } of parseTrustPolicy(text)) {
    const missing = principals.get("AWS")?.find(isMissing);
    if (missing !== undefined) {
      throw malformedPolicy(`Invalid principal in policy: "AWS":"${missing}"`);
    }
  }
  for (const statement of statementsOf(parseDocument(text, ""))) checkCondition(statement);
}

/**
 * Reads a role's trust policy: its statements.
 * @throws {AwsError} MalformedPolicyDocument
 */
export function parseTrustPolicy(text: string): Statement[] {
  const document = parseDocument(text, "This policy contains invalid Json");
  return statementsOf(document).map((statement) => {
    if ("Resource" in statement || "NotResource" in statement) {
      throw malformedPolicy("Has prohibited field Resource");
    }
    const actions = listOf(statement["Action"]);
    if (actions.length === 0) throw malformedPolicy("Missing required field Action");
    if (!actions.every((action) => ASSUME_ACTIONS.has(action.toLowerCase()))) {
      throw malformedPolicy("AssumeRole policy may only specify STS AssumeRole actions.");
    }
    // Unverified: that NotPrincipal and NotAction are refused like this.
    const principals = principalsOf(statement["Principal"]);
    if (principals.size === 0) throw malformedPolicy("Missing required field Principal");
    const effect = statement["Effect"] === "Deny" ? "Deny" : "Allow";
    const condition = statement["Condition"];
    return {
      effect,
      actions,
      principals,
      condition: isJsonObject(condition) ? condition : undefined,
    };
  });
}

function parseDocument(text: string, notJson: string): JsonObject {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw malformedPolicy(notJson);
  }
  if (!isJsonObject(document)) throw malformedPolicy(notJson);
  const version = document["Version"];
  if (version !== undefined && !VERSIONS.has(version)) {
    throw malformedPolicy("Policy document must be version 2012-10-17 or greater.");
  }
  return document;
}

function statementsOf(document: JsonObject): JsonObject[] {
  const { Statement: given } = document;
  const statements: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (statements.length === 0) throw malformedPolicy("Syntax errors in policy.");
  return statements.map((statement) => {
    const sound =
      isJsonObject(statement) &&
      (statement["Effect"] === "Allow" || statement["Effect"] === "Deny") &&
      Object.keys(statement).every((key) => STATEMENT_KEYS.has(key)) &&
      (statement["Condition"] === undefined || isJsonObject(statement["Condition"]));
    if (!sound) throw malformedPolicy("Syntax errors in policy.");
    return statement;
  });
}

/** Unverified: the text for an operator that there is not. */
function checkCondition({ Condition: condition }: JsonObject): void {
  if (!isJsonObject(condition)) return;
  for (const [operator, keys] of Object.entries(condition)) {
    if (!isConditionOperator(operator) || !isJsonObject(keys)) {
      throw malformedPolicy("Syntax errors in policy.");
    }
    for (const key of Object.keys(keys)) checkAction(key);
  }
}

/** Of actions and of the keys of conditions. */
function checkAction(action: string): void {
  if (action !== "*" && !action.includes(":")) {
    throw malformedPolicy(
      "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    );
  }
}

function checkResource(resource: string): void {
  if (resource !== "*" && !resource.startsWith("arn:")) {
    throw malformedPolicy(`Resource ${resource} must be in ARN format or "*".`);
  }
}

const PRINCIPAL_KINDS: ReadonlySet<string> = new Set(["AWS", "Service", "Federated"]);

function principalsOf(value: unknown): Map<string, readonly string[]> {
  if (value === "*") return new Map([["AWS", ["*"]]]);
  if (value === undefined) return new Map();
  if (!isJsonObject(value)) throw malformedPolicy("Syntax errors in policy.");
  const principals = new Map<string, readonly string[]>();
  for (const [kind, names] of Object.entries(value)) {
    if (!PRINCIPAL_KINDS.has(kind)) {
      throw malformedPolicy(`Invalid principal in policy: "${kind.toUpperCase()}"`);
    }
    const list = listOf(names);
    for (const name of list) checkPrincipal(kind, name);
    if (list.length > 0) principals.set(kind, list);
  }
  return principals;
}

function checkPrincipal(kind: string, name: string): void {
  const sound =
    kind === "AWS"
      ? /^(?:\*|\d{12}|arn:aws[\w-]*:(?:iam|sts)::\d{12}:.+|A[A-Z]{3}[A-Z0-9]{12,})$/.test(name)
      : kind !== "Service" ||
        /^[a-z0-9.-]+\.(?:amazonaws\.com|amazon\.com|aws\.internal)(?:\.cn)?$/.test(name);
  if (!sound) {
    throw malformedPolicy(`Invalid principal in policy: "${kind.toUpperCase()}":"${name}"`);
  }
}

/** A string or a list of strings. @throws {AwsError} MalformedPolicyDocument for anything else. */
function listOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!list.every((item) => typeof item === "string")) {
    throw malformedPolicy("Syntax errors in policy.");
  }
  return list;
}

/** How documents stand in answers. Clients decode them by RFC 3986; so "!'()*" are encoded too. */
export function encodeDocument(document: string): string {
  return encodeURIComponent(document).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Length for the quotas, which do not count white space. */
export function documentLength(document: string): number {
  return document.replace(/\s/g, "").length;
}
