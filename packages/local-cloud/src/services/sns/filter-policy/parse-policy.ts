import { invalidParameter } from "../errors.ts";
import { FILTER_COMBINATIONS_MAX, FILTER_KEYS_MAX } from "../limits.ts";
import { OPERATORS, parseCondition } from "./parse-condition.ts";
import type { Condition, Field, FilterPolicy } from "./policy.ts";
import type { Place } from "./problem.ts";
import { TokenReader } from "./token-reader.ts";

export type FilterScope = "MessageAttributes" | "MessageBody";

/**
 * Reads and checks a subscription's filter policy.
 * Source: AWS docs, "Filter policy constraints"; recorded AWS answers (LocalStack
 * test_sns_filter_policy).
 * @throws {AwsError} InvalidParameter
 */
export function parseFilterPolicy(text: string, scope: FilterScope, place: Place): FilterPolicy {
  const reader = new TokenReader(text, place);
  const open = reader.next();
  // Unverified: the text.
  if (open.kind !== "{") throw reader.problem("Filter is not an object", open);
  const policy = parseObject(reader, place);
  const fields = allFields(policy);
  if (scope === "MessageAttributes" && fields.some((field) => "nested" in field)) {
    throw invalidParameter(
      "Filter policy scope MessageAttributes does not support nested filter policy",
    );
  }
  if (fields.filter((field) => "conditions" in field).length > FILTER_KEYS_MAX) {
    throw invalidParameter(
      `${place.attribute}: Filter policy can not have more than ${FILTER_KEYS_MAX} keys`,
    );
  }
  if (combinations(policy, 1) > FILTER_COMBINATIONS_MAX) {
    throw invalidParameter(`${place.attribute}: Filter policy is too complex`);
  }
  return policy;
}

/** What stands behind an opening brace, up to the closing one. */
function parseObject(reader: TokenReader, place: Place): FilterPolicy {
  const fields: Field[] = [];
  const alternatives: FilterPolicy[][] = [];
  for (let name = reader.next(); name.kind !== "}"; name = reader.next()) {
    const key = name.text;
    if (key === "$or" && isAlternatives(reader))
      alternatives.push(parseAlternatives(reader, place));
    else {
      const value = reader.next();
      if (value.kind === "{") fields.push({ key, nested: parseObject(reader, place) });
      else if (value.kind === "[") fields.push({ key, conditions: parseList(reader, place) });
      else throw reader.problem(`"${key}" must be an object or an array`, value);
    }
  }
  return { fields, alternatives };
}

function parseList(reader: TokenReader, place: Place): Condition[] {
  if (reader.peek().kind === "]") {
    throw reader.problem("Empty arrays are not allowed", reader.next());
  }
  const conditions: Condition[] = [];
  while (reader.peek().kind !== "]") conditions.push(parseCondition(reader, place.attribute));
  reader.next();
  return conditions;
}

/** `$or` is a field like others unless it has a list of objects that are no operators. */
function isAlternatives(reader: TokenReader): boolean {
  return (
    reader.peek().kind === "[" &&
    reader.peek(1).kind === "{" &&
    reader.peek(2).kind === "name" &&
    !OPERATORS.has(reader.peek(2).text)
  );
}

function parseAlternatives(reader: TokenReader, place: Place): FilterPolicy[] {
  reader.next();
  const parsed: FilterPolicy[] = [];
  for (let token = reader.next(); token.kind !== "]"; token = reader.next()) {
    // Unverified: the text.
    if (token.kind !== "{") throw reader.problem("$or must have objects only", token);
    parsed.push(parseObject(reader, place));
  }
  return parsed;
}

function allFields({ fields, alternatives }: FilterPolicy): Field[] {
  const nested = fields.flatMap((field) => ("nested" in field ? allFields(field.nested) : []));
  return [...fields, ...nested, ...alternatives.flat().flatMap(allFields)];
}

/** Values multiply between keys, and by how deep a key lies; alternatives add up. */
function combinations({ fields, alternatives }: FilterPolicy, level: number): number {
  let product = 1;
  for (const field of fields) {
    product *=
      "nested" in field ? combinations(field.nested, level + 1) : field.conditions.length * level;
  }
  for (const list of alternatives) {
    product *= list.reduce((sum, each) => sum + combinations(each, level), 0);
  }
  return product;
}
