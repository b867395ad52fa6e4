import type { Dictionary, List, Shape, Structure } from "../../model/shape.ts";
import { serializationFault } from "../serialization-fault.ts";
import { setKey } from "./scalar.ts";

/**
 * The walk that JSON and CBOR share: both are trees of objects, arrays and leaves, and differ only
 * in how a leaf looks.
 */
export interface Leaves {
  /** A member's key on the wire. */
  readonly nameOf: (member: Structure["members"][number]) => string;
  /** @throws {AwsError} SerializationException when the leaf has the wrong type. */
  read(shape: Leaf, value: unknown): unknown;
  write(shape: Leaf, value: unknown): unknown;
}

export type Leaf = Exclude<Shape, { kind: "list" | "map" | "structure" }>;

/** @throws {AwsError} SerializationException when the tree does not have the shape's form. */
export function readTree(shape: Shape, value: unknown, leaves: Leaves): unknown {
  switch (shape.kind) {
    case "structure":
      return readStructure(shape, value, leaves);
    case "list":
      return readList(shape, value, leaves);
    case "map":
      return readMap(shape, value, leaves);
    default:
      return leaves.read(shape, value);
  }
}

export function readStructure(
  shape: Structure,
  value: unknown,
  leaves: Leaves,
): Record<string, unknown> {
  const source = objectOf(value);
  const result: Record<string, unknown> = {};
  for (const member of shape.members) {
    const key = leaves.nameOf(member);
    const part = Object.hasOwn(source, key) ? source[key] : undefined;
    if (part === undefined || part === null) continue;
    result[member.name] = readTree(member.shape, part, leaves);
  }
  return result;
}

function readList(shape: List, value: unknown, leaves: Leaves): unknown[] {
  if (!Array.isArray(value)) throw unexpected(value, "List");
  const result: unknown[] = [];
  for (const item of value) {
    if (item !== null && item !== undefined) {
      result.push(readTree(shape.item.shape, item, leaves));
    } else if (shape.isSparse) result.push(null);
  }
  return result;
}

function readMap(shape: Dictionary, value: unknown, leaves: Leaves): Record<string, unknown> {
  const source = objectOf(value);
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(source)) {
    const part = source[key];
    if (part !== null && part !== undefined) {
      setKey(result, key, readTree(shape.value.shape, part, leaves));
    } else if (shape.isSparse) setKey(result, key, null);
  }
  return result;
}

/** The tree of a value that a handler returned. What it does not name in the schema is left out. */
export function writeTree(shape: Shape, value: unknown, leaves: Leaves): unknown {
  switch (shape.kind) {
    case "structure":
      return writeStructure(shape, value, leaves);
    case "list": {
      const result: unknown[] = [];
      for (const item of value as readonly unknown[]) {
        if (item !== null && item !== undefined) {
          result.push(writeTree(shape.item.shape, item, leaves));
        } else if (shape.isSparse) result.push(null);
      }
      return result;
    }
    case "map": {
      const source = value as Readonly<Record<string, unknown>>;
      const result: Record<string, unknown> = {};
      for (const key of Object.keys(source)) {
        const part = source[key];
        if (part !== null && part !== undefined) {
          setKey(result, key, writeTree(shape.value.shape, part, leaves));
        } else if (shape.isSparse) setKey(result, key, null);
      }
      return result;
    }
    default:
      return leaves.write(shape, value);
  }
}

export function writeStructure(
  shape: Structure,
  value: unknown,
  leaves: Leaves,
): Record<string, unknown> {
  const source = value as Readonly<Record<string, unknown>>;
  const result: Record<string, unknown> = {};
  for (const member of shape.members) {
    const part = source[member.name];
    if (part === undefined || part === null) continue;
    result[leaves.nameOf(member)] = writeTree(member.shape, part, leaves);
  }
  return result;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw unexpected(value, "Structure");
}

/**
 * The refusal of a leaf or a branch of the wrong type: "an String" is AWS's own.
 * Source: recorded API Gateway answers, for booleans and numbers sent as strings. Unverified: the
 * other types, and the other services.
 */
export function unexpected(value: unknown, wanted: string): Error {
  return serializationFault(`${classOf(value)} can not be converted to an ${wanted}`);
}

function classOf(value: unknown): string {
  if (Array.isArray(value)) return "class java.util.ArrayList";
  switch (typeof value) {
    case "string":
      return "class java.lang.String";
    case "number":
    case "bigint":
      return "class com.amazon.coral.value.json.numbers.TruncatingBigNumber";
    case "boolean":
      return "class java.lang.Boolean";
    default:
      return value === null ? "null" : "class java.util.HashMap";
  }
}
