import { isJsonObject, type JsonObject } from "../../../json-object.ts";
import { badPattern } from "../errors.ts";
import { type Leaf, type Matcher, parseMatcher } from "./matchers.ts";

/** What an event must be: all fields, and for each `$or` one of its alternatives. */
export interface Pattern {
  readonly fields: readonly (readonly [string, Field])[];
  readonly alternatives: readonly (readonly Pattern[])[];
}

type Field =
  | { readonly kind: "values"; readonly matchers: readonly Matcher[] }
  | { readonly kind: "object"; readonly pattern: Pattern };

/** @throws {AwsError} InvalidEventPatternException */
export function parsePattern(text: string): Pattern {
  const document = parseJson(text);
  if (!isJsonObject(document)) throw badPattern("Filter is not an object");
  return patternOf(document);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const token = /^\s*(\w+)/.exec(text)?.[1] ?? text.trim().slice(0, 20);
    throw badPattern(
      `Unrecognized token '${token}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')`,
    );
  }
}

function patternOf(document: JsonObject): Pattern {
  const fields: [string, Field][] = [];
  const alternatives: Pattern[][] = [];
  const entries = Object.entries(document);
  if (entries.length === 0) throw badPattern("Empty objects are not allowed");
  for (const [key, value] of entries) {
    if (key === "$or" && isAlternatives(value)) alternatives.push(value.map(patternOf));
    else fields.push([key, fieldOf(key, value)]);
  }
  return { fields, alternatives };
}

/** Ways of comparing. Source: aws/event-ruler, Constants. */
const RESERVED = new Set([
  "exactly",
  "prefix",
  "suffix",
  "equals-ignore-case",
  "wildcard",
  "anything-but",
  "numeric",
  "cidr",
  "exists",
]);

/**
 * A list of two or more objects whose fields are no ways of comparing: anything else under "$or" is a field of that
 * name. Source: aws/event-ruler, 'The "$or" Primitive'.
 */
function isAlternatives(value: unknown): value is JsonObject[] {
  if (!Array.isArray(value) || value.length < 2 || !value.every(isJsonObject)) return false;
  return value.every((one) => !Object.keys(one).some((key) => RESERVED.has(key)));
}

function fieldOf(key: string, value: unknown): Field {
  if (isJsonObject(value)) return { kind: "object", pattern: patternOf(value) };
  if (!Array.isArray(value)) throw badPattern(`"${key}" must be an object or an array`);
  if (value.length === 0) throw badPattern("Empty arrays are not allowed");
  return { kind: "values", matchers: value.map(parseMatcher) };
}

/**
 * Whether an event is what a pattern describes. Of a list in the event one item has to match; fields of a pattern
 * below a list of objects have to match in the same object. Source: aws/event-ruler, "array consistency".
 */
export function matchesPattern(pattern: Pattern, event: JsonObject): boolean {
  return (
    pattern.fields.every(([key, field]) => matchesField(field, memberOf(event, key))) &&
    pattern.alternatives.every((all) => all.some((one) => matchesPattern(one, event)))
  );
}

/**
 * A dot in a name is as good as a step down, in patterns and in events.
 * Source: recorded AWS answers (LocalStack snapshot test_events_patterns, dot_joining).
 */
function memberOf(event: JsonObject, key: string): unknown {
  if (Object.hasOwn(event, key)) return event[key];
  const dot = key.indexOf(".");
  const parent = dot < 0 ? undefined : event[key.slice(0, dot)];
  if (isJsonObject(parent)) return memberOf(parent, key.slice(dot + 1));
  const below = Object.entries(event).filter(([name]) => name.startsWith(`${key}.`));
  if (below.length === 0) return undefined;
  return Object.fromEntries(below.map(([name, value]) => [name.slice(key.length + 1), value]));
}

function matchesField(field: Field, value: unknown): boolean {
  if (field.kind === "object") {
    const objects = (Array.isArray(value) ? value.flat(Infinity) : [value]).filter(isJsonObject);
    // Nothing is there: only what asks for missing fields can match.
    const candidates = objects.length > 0 ? objects : [{}];
    return candidates.some((one) => matchesPattern(field.pattern, one));
  }
  const leaves = leavesOf(value);
  return field.matchers.some((matches) =>
    leaves.length === 0 ? matches(undefined) : leaves.some(matches),
  );
}

function leavesOf(value: unknown): readonly Leaf[] {
  const values: readonly unknown[] = Array.isArray(value) ? value.flat(Infinity) : [value];
  return values.filter(isLeaf);
}

function isLeaf(value: unknown): value is Leaf {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}
