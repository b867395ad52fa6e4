import { invalidParameter } from "../errors.ts";
import { checkCidr } from "./cidr.ts";
import type { Token } from "./json-tokens.ts";
import type { Condition, Scalar } from "./policy.ts";
import { parseNumeric } from "./parse-numeric.ts";
import type { TokenReader } from "./token-reader.ts";

/** Source of the texts: recorded AWS answers (LocalStack test_sns_filter_policy). */

/** Reads one element of a field's list. @throws {AwsError} InvalidParameter */
export function parseCondition(reader: TokenReader, attribute: string): Condition {
  const token = reader.next();
  if (token.kind === "{") {
    const condition = parseOperator(reader, attribute);
    const end = reader.next();
    if (end.kind !== "}") throw reader.problem("Only one key allowed in match expression", end);
    return condition;
  }
  if (token.kind === "[") {
    throw reader.problem("Match value must be String, number, true, false, or null", token);
  }
  return { kind: "equals", value: scalarOf(token) };
}

export const OPERATORS: ReadonlySet<string> = new Set([
  "anything-but",
  "cidr",
  "equals-ignore-case",
  "exists",
  "numeric",
  "prefix",
  "suffix",
]);

function parseOperator(reader: TokenReader, attribute: string): Condition {
  const name = reader.next();
  switch (name.text) {
    case "prefix":
    case "suffix":
    case "equals-ignore-case":
      return { kind: name.text, value: textOf(reader, name.text) };
    case "exists":
      return { kind: "exists", value: booleanOf(reader) };
    case "numeric":
      return { kind: "numeric", ranges: parseNumeric(reader) };
    case "cidr": {
      const token = reader.next();
      // AWS says "prefix" here too.
      if (token.kind !== "string")
        throw reader.problem("prefix match pattern must be a string", token);
      checkCidr(token.text, (problem) => invalidParameter(`${attribute}: ${problem}`));
      return { kind: "cidr", block: token.text };
    }
    case "anything-but":
      return anythingBut(reader);
    default:
      throw reader.problem(`Unrecognized match type ${name.text}`, name);
  }
}

function anythingBut(reader: TokenReader): Condition {
  const token = reader.next();
  if (token.kind === "{") {
    const name = reader.next();
    if (name.text !== "prefix") {
      throw reader.problem(`Unsupported anything-but pattern: ${name.text}`, name);
    }
    const value = textOf(reader, "prefix");
    const end = reader.next();
    if (end.kind !== "}") throw reader.problem("Only one key allowed in match expression", end);
    return { kind: "anything-but-prefix", value };
  }
  if (token.kind !== "[") return { kind: "anything-but", values: [scalarOf(token)] };
  const values: Scalar[] = [];
  for (let item = reader.next(); item.kind !== "]"; item = reader.next()) {
    // Unverified: the text.
    if (item.kind !== "string" && item.kind !== "number") {
      throw reader.problem("Inside anything-but list, values must be strings or numbers", item);
    }
    values.push(scalarOf(item));
  }
  return { kind: "anything-but", values };
}

function textOf(reader: TokenReader, operator: string): string {
  const token = reader.next();
  if (token.kind === "string") return token.text;
  throw reader.problem(`${operator} match pattern must be a string`, token);
}

function booleanOf(reader: TokenReader): boolean {
  const token = reader.next();
  if (token.kind === "literal" && token.text !== "null") return token.text === "true";
  throw reader.problem("exists match pattern must be either true or false.", token);
}

function scalarOf({ kind, text }: Token): Scalar {
  if (kind === "string") return text;
  if (kind === "number") return Number(text);
  return text === "null" ? null : text === "true";
}
