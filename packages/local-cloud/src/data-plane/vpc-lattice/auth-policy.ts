import { readOperator } from "../../iam-policy/operators.ts";
import { isJsonObject, type JsonObject, parseJsonObject } from "../../json-object.ts";

export const INVOKE = "vpc-lattice-svcs:Invoke";

/** What is wrong with a policy's text, for the one who wrote it. */
export class PolicySyntaxError extends Error {
  override readonly name = "PolicySyntaxError";
}

/**
 * Lets only what can be read as an auth policy be kept; what it means is IAM's to say.
 * Source: AWS docs, "Control access to VPC Lattice services using auth policies".
 * @throws {PolicySyntaxError}
 */
export function checkAuthPolicy(text: string): void {
  const document = parseJsonObject(text);
  if (document === undefined) throw new PolicySyntaxError("it is not a JSON object");
  const { Statement: given } = document;
  const statements: readonly unknown[] = Array.isArray(given) ? given : [given];
  for (const statement of statements) checkStatement(statement);
}

function checkStatement(statement: unknown): void {
  if (!isJsonObject(statement)) throw new PolicySyntaxError("a statement is not an object");
  const { Effect: effect } = statement;
  if (effect !== "Allow" && effect !== "Deny") {
    throw new PolicySyntaxError(`Effect must be Allow or Deny, got ${JSON.stringify(effect)}`);
  }
  checkPrincipals(memberOf(statement, "Principal"));
  checkTexts(memberOf(statement, "Action"), "Action");
  checkTexts(memberOf(statement, "Resource"), "Resource");
  checkConditions(statement["Condition"]);
}

/** Of NotAction and the like, too. */
function memberOf(statement: JsonObject, member: string): unknown {
  const value = statement[member] ?? statement[`Not${member}`];
  if (value === undefined) throw new PolicySyntaxError(`a statement has no ${member}`);
  return value;
}

function checkPrincipals(value: unknown): void {
  if (value === "*") return;
  if (!isJsonObject(value)) {
    throw new PolicySyntaxError(
      `Principal must be "*" or an object as {"AWS": "..."}, got ${JSON.stringify(value)}`,
    );
  }
  for (const list of Object.values(value)) checkTexts(list, "Principal");
}

function checkTexts(value: unknown, member: string): void {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!list.every((one) => typeof one === "string")) {
    throw new PolicySyntaxError(`${member} must be a string or a list of strings`);
  }
}

function checkConditions(value: unknown): void {
  if (value === undefined) return;
  if (!isJsonObject(value)) throw new PolicySyntaxError("Condition must be an object");
  for (const [operator, keys] of Object.entries(value)) {
    if (operator !== "Null" && readOperator(operator) === undefined) {
      throw new PolicySyntaxError(`the condition operator ${operator} is not known`);
    }
    if (!isJsonObject(keys)) throw new PolicySyntaxError(`${operator} must be an object`);
  }
}
