import type { Member, Shape, Structure } from "../../src/model/shape.ts";
import { bindingsOf } from "../../src/wire/http-bindings.ts";

export interface SampleStyle {
  /** Leave every list and map empty: protocols differ most in how they say "none". */
  readonly isEmpty: boolean;
}

/** Deep enough for every AWS shape that does not contain itself; shallow enough for those that do. */
const DEEPEST = 9;
/** A structure inside itself is filled this many times. */
const REPEATS = 2;

const TEXT = `a <b> & "c" 'd' + %2F / ü 😀\n=x;`;
/** Headers hold only this. */
const HEADER_TEXT = "plain text, with a comma";

/** A value for every member of a structure, the same one for the same structure. */
export function sample(
  structure: Structure,
  side: "request" | "answer",
  style: SampleStyle,
): Record<string, unknown> {
  const { headers, headerMaps, status, labels, queryMap } = bindingsOf(structure, side);
  const inHeaders = new Set([
    ...headers.map(([, member]) => member),
    ...headerMaps.map(([, m]) => m),
  ]);
  const result: Record<string, unknown> = {};
  for (const member of structure.members) {
    if (member.isEventStream) continue;
    let value: unknown;
    if (inHeaders.has(member)) value = headerValue(member.shape, style);
    else if (member === status) value = 200;
    else if (labels.includes(member)) value = labelValue(member.shape);
    else if (member === queryMap) value = style.isEmpty ? undefined : queryMapValue(member.shape);
    else value = sampleOf(member, [structure], style);
    if (value !== undefined) result[member.name] = value;
    if (structure.isUnion && value !== undefined) break;
  }
  return result;
}

function sampleOf(member: Member, path: readonly Shape[], style: SampleStyle): unknown {
  const { shape } = member;
  switch (shape.kind) {
    case "string":
      return member.traits.mediaType ? '{"a":1}' : TEXT;
    case "number":
      return 7.25;
    case "integer":
      return 7;
    case "boolean":
      return true;
    case "timestamp":
      return new Date(1_700_000_000_000);
    case "blob":
      return Uint8Array.from({ length: 256 }, (_, index) => index);
    case "bigInteger":
      return 9_007_199_254_740_993n;
    case "bigDecimal":
      return "1.5";
    case "document":
      return { a: [1, "b", null] };
    default:
      return nested(shape, path, style);
  }
}

function nested(
  shape: Extract<Shape, { kind: "structure" | "list" | "map" }>,
  path: readonly Shape[],
  style: SampleStyle,
): unknown {
  if (path.length > DEEPEST) return undefined;
  if (path.filter((outer) => outer === shape).length >= REPEATS) return undefined;
  const inner = [...path, shape];
  if (shape.kind === "structure") {
    const result: Record<string, unknown> = {};
    for (const member of shape.members) {
      const value = sampleOf(member, inner, style);
      if (value === undefined) continue;
      result[member.name] = value;
      if (shape.isUnion) break;
    }
    return Object.keys(result).length === 0 ? undefined : result;
  }
  if (shape.kind === "list") {
    if (style.isEmpty) return [];
    const item = sampleOf(shape.item, inner, style);
    return item === undefined ? undefined : [item, item];
  }
  if (style.isEmpty) return {};
  const value = sampleOf(shape.value, inner, style);
  return value === undefined ? undefined : { [TEXT]: value, other: value };
}

function headerValue(shape: Shape, style: SampleStyle): unknown {
  switch (shape.kind) {
    case "string":
      return HEADER_TEXT;
    case "list":
      // A header cannot say "no elements".
      return style.isEmpty ? undefined : [headerValue(shape.item.shape, style)];
    case "map":
      return style.isEmpty ? undefined : { one: "1", two: "2" };
    case "number":
    case "integer":
      return 7;
    case "boolean":
      return true;
    case "timestamp":
      return new Date(1_700_000_000_000);
    default:
      return undefined;
  }
}

function labelValue(shape: Shape): unknown {
  if (shape.kind === "string") return "arn:aws:x:::a/b c%2F+ü";
  if (shape.kind === "timestamp") return new Date(1_700_000_000_000);
  return shape.kind === "boolean" ? true : 7;
}

function queryMapValue(shape: Shape): unknown {
  const isList = shape.kind === "map" && shape.value.shape.kind === "list";
  return { first: isList ? [TEXT, "b"] : TEXT, second: isList ? ["c"] : "d" };
}

/** A value as plain data, so that bytes compare equal whatever class holds them. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString("hex")}`;
  if (value instanceof Date) return `date:${value.toISOString()}`;
  if (typeof value === "bigint") return `bigint:${value}`;
  if (Array.isArray(value)) return value.map(plain);
  // The SDK hands out JSON strings as objects of its own.
  if (Object.prototype.toString.call(value) === "[object String]") {
    return JSON.parse(JSON.stringify(value));
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, part]) => part !== undefined);
    return Object.fromEntries(entries.map(([key, part]) => [key, plain(part)]));
  }
  return value;
}
