import type { Range } from "./policy.ts";
import type { TokenReader } from "./token-reader.ts";

/**
 * Reads `["=", 5]`, `["<", 5]` or `[">", 0, "<=", 5]`.
 * Source: recorded AWS answers (LocalStack test_validate_policy_numeric_operator).
 * @throws {AwsError} InvalidParameter
 */
export function parseNumeric(reader: TokenReader): Range[] {
  const open = reader.next();
  // Unverified: the text.
  if (open.kind !== "[") throw reader.problem("Value of numeric must be an array.", open);
  const first = reader.next();
  if (first.kind !== "string") {
    throw reader.problem(`Invalid member in numeric match: ${first.text}`, first);
  }
  const operator = operatorOf(first.text);
  if (operator === undefined) {
    throw reader.problem(`Unrecognized numeric range operator: ${first.text}`, reader.next());
  }
  const bottom = { operator, value: valueOf(reader, operator === "=" ? "equals" : operator) };
  const token = reader.next();
  if (token.kind === "]") return [bottom];
  if (operator !== ">" && operator !== ">=") {
    throw reader.problem("Too many elements in numeric expression", token);
  }
  if (token.kind !== "string") {
    throw reader.problem(`Bad value in numeric range: ${token.text}`, token);
  }
  if (token.text !== "<" && token.text !== "<=") {
    throw reader.problem(`Bad numeric range operator: ${token.text}`, token, "endAt");
  }
  const top = { operator: token.text, value: valueOf(reader, token.text) } as const;
  const end = reader.next();
  if (end.kind !== "]") {
    throw reader.problem("Too many terms in numeric range expression", end);
  }
  if (bottom.value >= top.value) throw reader.problem("Bottom must be less than top", end);
  return [bottom, top];
}

function operatorOf(text: string): Range["operator"] | undefined {
  switch (text) {
    case "=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return text;
    default:
      return undefined;
  }
}

function valueOf(reader: TokenReader, operator: string): number {
  const token = reader.next();
  if (token.kind !== "number") {
    throw reader.problem(`Value of ${operator} must be numeric`, token);
  }
  return Number(token.text);
}
