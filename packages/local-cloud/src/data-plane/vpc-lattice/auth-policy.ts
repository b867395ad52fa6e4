import { isJsonObject, type JsonObject, parseJsonObject } from "../../json-object.ts";
import { matchesWildcard } from "../../wildcard.ts";
import { type Condition, holds, isOperator, type RequestKeys } from "./policy-conditions.ts";

/** Who may call a service. Source: AWS docs, "Control access to VPC Lattice services using auth policies". */
export interface AuthPolicy {
  readonly statements: readonly Statement[];
}

interface Statement {
  readonly effect: "Allow" | "Deny";
  readonly principals: Patterns;
  readonly actions: Patterns;
  readonly resources: Patterns;
  readonly conditions: readonly Condition[];
}

interface Patterns {
  /** NotAction and the like: what is not listed. */
  readonly isNegated: boolean;
  readonly list: readonly string[];
}

/** Who calls. */
export interface Principal {
  /** "arn:aws:sts::000000000000:assumed-role/caller/session" */
  readonly arn: string;
  readonly account: string;
  /** A session's role, or else `arn`. */
  readonly principalArn: string;
  readonly sessionName: string | undefined;
}

export interface AuthRequest {
  /** Undefined: the request is not signed. */
  readonly principal: Principal | undefined;
  /** The service's ARN and the path. */
  readonly resource: string;
  readonly keys: RequestKeys;
}

export const INVOKE = "vpc-lattice-svcs:Invoke";

/** What is wrong with a policy's text, for the one who wrote it. */
export class PolicySyntaxError extends Error {
  override readonly name = "PolicySyntaxError";
}

/** Deny beats Allow, and what nothing allows is not allowed. */
export function decide(
  { statements }: AuthPolicy,
  request: AuthRequest,
): "allowed" | "denied" | "unmatched" {
  const applying = statements.filter((statement) => applies(statement, request));
  if (applying.some(({ effect }) => effect === "Deny")) return "denied";
  return applying.length > 0 ? "allowed" : "unmatched";
}

function applies(statement: Statement, request: AuthRequest): boolean {
  const { principals, actions, resources, conditions } = statement;
  return (
    listed(principals, (pattern) => isPrincipal(pattern, request.principal)) &&
    listed(actions, (pattern) => matches(pattern.toLowerCase(), INVOKE.toLowerCase())) &&
    listed(resources, (pattern) => matches(pattern, request.resource)) &&
    conditions.every((condition) => holds(condition, request.keys))
  );
}

function listed({ isNegated, list }: Patterns, is: (pattern: string) => boolean): boolean {
  return list.some(is) !== isNegated;
}

function matches(pattern: string, text: string): boolean {
  return matchesWildcard(pattern, text, { oneCharacter: true });
}

/** An account stands for everybody in it, and a role for its sessions. Only "*" means the unsigned, too. */
function isPrincipal(pattern: string, principal: Principal | undefined): boolean {
  if (pattern === "*") return true;
  if (principal === undefined) return false;
  const account = /^(?:arn:[^:]+:iam::)?(\d{12})(?::root)?$/.exec(pattern)?.[1];
  if (account !== undefined) return account === principal.account;
  return pattern === principal.arn || pattern === principal.principalArn;
}

/** @throws {PolicySyntaxError} */
export function readAuthPolicy(text: string): AuthPolicy {
  const document = parseJsonObject(text);
  if (document === undefined) throw new PolicySyntaxError("it is not a JSON object");
  const { Statement: given } = document;
  const statements: readonly unknown[] = Array.isArray(given) ? given : [given];
  return { statements: statements.map(readStatement) };
}

function readStatement(statement: unknown): Statement {
  if (!isJsonObject(statement)) throw new PolicySyntaxError("a statement is not an object");
  const { Effect: effect } = statement;
  if (effect !== "Allow" && effect !== "Deny") {
    throw new PolicySyntaxError(`Effect must be Allow or Deny, got ${JSON.stringify(effect)}`);
  }
  return {
    effect,
    principals: patternsOf(statement, "Principal", principalList),
    actions: patternsOf(statement, "Action", stringList),
    resources: patternsOf(statement, "Resource", stringList),
    conditions: conditionsOf(statement["Condition"]),
  };
}

function patternsOf(
  statement: JsonObject,
  member: string,
  listOf: (value: unknown, member: string) => readonly string[],
): Patterns {
  const isNegated = statement[member] === undefined;
  const value = isNegated ? statement[`Not${member}`] : statement[member];
  if (value === undefined) throw new PolicySyntaxError(`a statement has no ${member}`);
  return { isNegated, list: listOf(value, member) };
}

function stringList(value: unknown, member: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!list.every((one) => typeof one === "string")) {
    throw new PolicySyntaxError(`${member} must be a string or a list of strings`);
  }
  return list;
}

function principalList(value: unknown, member: string): readonly string[] {
  if (!isJsonObject(value)) return stringList(value, member);
  return Object.values(value).flatMap((names) => stringList(names, member));
}

function conditionsOf(value: unknown): Condition[] {
  if (value === undefined) return [];
  if (!isJsonObject(value)) throw new PolicySyntaxError("Condition must be an object");
  return Object.entries(value).flatMap(([operator, keys]) => {
    if (!isOperator(operator)) {
      throw new PolicySyntaxError(`the condition operator ${operator} is not known`);
    }
    if (!isJsonObject(keys)) throw new PolicySyntaxError(`${operator} must be an object`);
    return Object.entries(keys).map(([key, wanted]) => ({
      operator,
      key: key.toLowerCase(),
      wanted: (Array.isArray(wanted) ? wanted : [wanted]).map(String),
    }));
  });
}
