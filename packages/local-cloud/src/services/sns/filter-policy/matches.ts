import { isJsonObject, type JsonObject } from "../../../json-object.ts";
import { isInBlock } from "../../../address-block.ts";
import type { Condition, Field, FilterPolicy, Range } from "./policy.ts";

/**
 * Whether a document is what a policy wants. The document is the message's body, or its attributes as
 * an object. Of a list one element must match, all of a nested policy on the same element.
 * Source: AWS docs, "Filter policy AND/OR logic"; recorded AWS answers (LocalStack
 * test_filter_policy_on_message_body*).
 */
export function matchesPolicy(policy: FilterPolicy, document: unknown): boolean {
  if (Array.isArray(document)) return document.some((item) => matchesPolicy(policy, item));
  const members = isJsonObject(document) ? document : {};
  return (
    policy.fields.every((field) => fieldMatches(field, members)) &&
    policy.alternatives.every((list) => list.some((each) => matchesPolicy(each, members)))
  );
}

function fieldMatches(field: Field, members: JsonObject): boolean {
  const found = valuesAt(members, field.key);
  if ("nested" in field) {
    // What is not there may still be what "exists": false wants.
    return (found.length === 0 ? [{}] : found).some((value) => matchesPolicy(field.nested, value));
  }
  const values = found.flatMap(leavesOf);
  return field.conditions.some((condition) => {
    if (condition.kind === "exists") return values.length > 0 === condition.value;
    return values.some((value) => holds(condition, value));
  });
}

/** A key with dots also names the members of members. */
function valuesAt(members: JsonObject, key: string): unknown[] {
  const values: unknown[] = Object.hasOwn(members, key) ? [members[key]] : [];
  for (let dot = key.indexOf("."); dot > 0; dot = key.indexOf(".", dot + 1)) {
    const inner = members[key.slice(0, dot)];
    for (const item of [inner].flat()) {
      if (isJsonObject(item)) values.push(...valuesAt(item, key.slice(dot + 1)));
    }
  }
  return values;
}

/** The plain values of a value: its own, or those in its lists. An object is none. */
function leavesOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(leavesOf);
  return isJsonObject(value) ? [] : [value];
}

type ValueCondition = Exclude<Condition, { kind: "exists" }>;

function holds(condition: ValueCondition, value: unknown): boolean {
  switch (condition.kind) {
    case "equals":
      return value === condition.value;
    case "prefix":
      return typeof value === "string" && value.startsWith(condition.value);
    case "suffix":
      return typeof value === "string" && value.endsWith(condition.value);
    case "equals-ignore-case":
      return typeof value === "string" && value.toLowerCase() === condition.value.toLowerCase();
    case "anything-but":
      return !condition.values.some((unwanted) => unwanted === value);
    case "anything-but-prefix":
      return typeof value === "string" && !value.startsWith(condition.value);
    case "numeric":
      return typeof value === "number" && condition.ranges.every((range) => inRange(range, value));
    case "cidr":
      return typeof value === "string" && isInBlock(condition.block, value);
    default:
      return condition satisfies never;
  }
}

function inRange({ operator, value: limit }: Range, value: number): boolean {
  switch (operator) {
    case "=":
      return value === limit;
    case "<":
      return value < limit;
    case "<=":
      return value <= limit;
    case ">":
      return value > limit;
    case ">=":
      return value >= limit;
    default:
      return operator satisfies never;
  }
}
