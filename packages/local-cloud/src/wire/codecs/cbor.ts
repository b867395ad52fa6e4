import type { Structure } from "../../model/shape.ts";
import { serializationFault } from "../serialization-fault.ts";
import { parseCbor } from "./cbor-parser.ts";
import { cborBytes } from "./cbor-writer.ts";
import { readStructure, unexpected, writeStructure, type Leaf, type Leaves } from "./tree.ts";

const LEAVES: Leaves = { nameOf: (member) => member.name, read: readLeaf, write: writeLeaf };

/** @throws {AwsError} SerializationException */
export function readCbor(shape: Structure, body: Uint8Array): Record<string, unknown> {
  if (body.byteLength === 0) return {};
  return readStructure(shape, parseCbor(body), LEAVES);
}

/** `extra` stands before the members: an error's `__type`. */
export function writeCbor(
  shape: Structure,
  value: unknown,
  extra: Readonly<Record<string, string>> = {},
): Uint8Array {
  return cborBytes({ ...extra, ...writeStructure(shape, value, LEAVES) });
}

function readLeaf(shape: Leaf, value: unknown): unknown {
  switch (shape.kind) {
    case "string":
      if (typeof value === "string") return value;
      throw unexpected(value, "String");
    case "integer":
      if (typeof value === "number" || typeof value === "bigint") return Math.trunc(Number(value));
      throw unexpected(value, "Integer");
    case "number":
      if (typeof value === "number") return value;
      if (typeof value === "bigint") return Number(value);
      throw unexpected(value, "Number");
    case "boolean":
      if (typeof value === "boolean") return value;
      throw unexpected(value, "Boolean");
    case "timestamp":
      return readTimestamp(value);
    case "blob":
      if (value instanceof Uint8Array) return value;
      throw unexpected(value, "Blob");
    case "bigInteger":
      if (typeof value === "number" || typeof value === "bigint") return BigInt(value);
      throw unexpected(value, "Integer");
    case "bigDecimal":
    case "document":
      return value;
    default:
      return shape satisfies never;
  }
}

/** Tag 1: seconds since the epoch. A bare number is taken too. */
function readTimestamp(value: unknown): Date {
  const isTagged =
    typeof value === "object" && value !== null && "tag" in value && "value" in value;
  const seconds = isTagged && value.tag === 1 ? value.value : value;
  if (typeof seconds !== "number" && typeof seconds !== "bigint") {
    throw unexpected(seconds, "Timestamp");
  }
  const date = new Date(Math.round(Number(seconds) * 1000));
  if (!Number.isNaN(date.getTime())) return date;
  throw serializationFault(`${seconds} is not a timestamp`);
}

/** Bytes, dates and large integers have forms of their own in CBOR. */
function writeLeaf(shape: Leaf, value: unknown): unknown {
  return shape.kind === "integer" && typeof value === "number" ? Math.trunc(value) : value;
}
