import type { Shape, Structure } from "../../model/shape.ts";
import { serializationFault } from "../serialization-fault.ts";
import {
  readBase64,
  readBigInteger,
  readTimestamp,
  scalarText,
  writeBase64,
  writeTimestamp,
} from "./scalar.ts";
import {
  readStructure,
  readTree,
  unexpected,
  writeStructure,
  writeTree,
  type Leaf,
  type Leaves,
} from "./tree.ts";

/** JSON in one protocol's dialect. */
export interface JsonCodec {
  /**
   * An empty body is an empty structure: clients send none for an operation without input.
   * @throws {AwsError} SerializationException
   */
  readonly readStructure: (shape: Structure, body: Uint8Array) => Record<string, unknown>;
  readonly readValue: (shape: Shape, body: Uint8Array) => unknown;
  readonly writeStructure: (shape: Structure, value: unknown) => Record<string, unknown>;
  readonly writeValue: (shape: Shape, value: unknown) => unknown;
}

/** The REST protocol renames members with `jsonName`; rpcv2 fixes timestamps to epoch seconds. */
export function jsonCodec(dialect: "rpc" | "rest" | "rpcv2"): JsonCodec {
  const leaves: Leaves = {
    nameOf:
      dialect === "rest"
        ? (member) => member.traits.jsonName ?? member.name
        : (member) => member.name,
    read: readLeaf,
    write: dialect === "rpcv2" ? writeEpochLeaf : writeLeaf,
  };
  return {
    readStructure: (shape, body) =>
      body.byteLength === 0 ? {} : readStructure(shape, parse(body), leaves),
    readValue: (shape, body) => readTree(shape, parse(body), leaves),
    writeStructure: (shape, value) => writeStructure(shape, value, leaves),
    writeValue: (shape, value) => writeTree(shape, value, leaves),
  };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch (error) {
    throw serializationFault(
      error instanceof SyntaxError ? error.message : "The request body is not UTF-8 text.",
    );
  }
}

const NUMBERS: Readonly<Record<string, number>> = { NaN, Infinity, "-Infinity": -Infinity };

function readLeaf(shape: Leaf, value: unknown): unknown {
  switch (shape.kind) {
    case "string":
      if (typeof value === "string") return value;
      throw unexpected(value, "String");
    case "integer":
      // Unverified: AWS's reader is called "TruncatingBigNumber".
      if (typeof value === "number") return Math.trunc(value);
      throw unexpected(value, "Integer");
    case "number":
      if (typeof value === "number") return value;
      if (typeof value === "string" && Object.hasOwn(NUMBERS, value)) return NUMBERS[value];
      throw unexpected(value, "Number");
    case "boolean":
      if (typeof value === "boolean") return value;
      throw unexpected(value, "Boolean");
    case "timestamp":
      if (typeof value !== "number" && typeof value !== "string") {
        throw unexpected(value, "Timestamp");
      }
      return readTimestamp(value, shape.format ?? "epoch-seconds");
    case "blob":
      if (typeof value === "string") return readBase64(value);
      throw unexpected(value, "Blob");
    case "bigInteger":
      if (typeof value === "number" || typeof value === "string") {
        return readBigInteger(String(value));
      }
      throw unexpected(value, "Integer");
    case "bigDecimal":
      if (typeof value === "number" || typeof value === "string") return String(value);
      throw unexpected(value, "Number");
    case "document":
      return value;
    default:
      return shape satisfies never;
  }
}

function writeLeaf(shape: Leaf, value: unknown): unknown {
  switch (shape.kind) {
    case "integer":
      // A client in a typed language would break on a fraction here.
      return typeof value === "number" ? Math.trunc(value) : value;
    case "number":
      return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
    case "timestamp": {
      if (!(value instanceof Date)) return value;
      const format = shape.format ?? "epoch-seconds";
      return format === "epoch-seconds" ? value.getTime() / 1000 : writeTimestamp(value, format);
    }
    case "blob":
      return value instanceof Uint8Array ? writeBase64(value) : value;
    case "bigInteger":
    case "bigDecimal":
      return scalarText(value);
    default:
      return value;
  }
}

function writeEpochLeaf(shape: Leaf, value: unknown): unknown {
  return shape.kind === "timestamp" && value instanceof Date
    ? value.getTime() / 1000
    : writeLeaf(shape, value);
}
