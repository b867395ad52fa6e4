import type { Shape, TimestampFormat } from "../../model/shape.ts";
import { serializationFault } from "../serialization-fault.ts";

type Scalar = Exclude<Shape, { kind: "list" | "map" | "structure" | "document" }>;

/**
 * Reads a scalar written as text: in XML, queries, paths and headers.
 * @throws {AwsError} SerializationException when the text is no such value.
 */
export function readScalar(shape: Scalar, text: string, format: TimestampFormat): unknown {
  switch (shape.kind) {
    case "string":
      return text;
    case "boolean":
      if (text === "true" || text === "True" || text === "TRUE") return true;
      if (text === "false" || text === "False" || text === "FALSE") return false;
      throw serializationFault(`${quoted(text)} can not be converted to a Boolean`);
    case "number":
      return readNumber(text);
    case "integer":
      return Number(readBigInteger(text));
    case "bigInteger":
      return readBigInteger(text);
    case "bigDecimal":
      readNumber(text);
      return text.trim();
    case "timestamp":
      return readTimestamp(text, shape.format ?? format);
    case "blob":
      return readBase64(text);
    default:
      return shape satisfies never;
  }
}

/** The text of a scalar in XML, queries, paths and headers. */
export function writeScalar(shape: Scalar, value: unknown, format: TimestampFormat): string {
  switch (shape.kind) {
    case "integer":
      return String(Math.trunc(Number(value)));
    case "timestamp":
      return value instanceof Date
        ? writeTimestamp(value, shape.format ?? format)
        : scalarText(value);
    case "blob":
      return value instanceof Uint8Array ? writeBase64(value) : scalarText(value);
    default:
      return scalarText(value);
  }
}

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

function readNumber(text: string): number {
  const trimmed = text.trim();
  if (NUMBER.test(trimmed)) return Number(trimmed);
  if (trimmed === "NaN") return NaN;
  if (trimmed === "Infinity") return Infinity;
  if (trimmed === "-Infinity") return -Infinity;
  throw serializationFault(`${quoted(text)} can not be converted to a Number`);
}

export function readBigInteger(text: string): bigint {
  if (!/^[+-]?\d{1,1000}$/.test(text.trim())) {
    throw serializationFault(`${quoted(text)} can not be converted to an Integer`);
  }
  return BigInt(text.trim().replace(/^\+/, ""));
}

const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

export function readBase64(text: string): Uint8Array {
  if (!BASE64.test(text)) throw serializationFault("Invalid base64 value");
  return Buffer.from(text, "base64");
}

export function writeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** Any of AWS's three forms is taken, whatever the schema says: clients differ. */
export function readTimestamp(value: string | number, format: TimestampFormat): Date {
  const isEpoch = typeof value === "number" || /^[+-]?\d+(\.\d+)?([eE]\d+)?$/.test(value.trim());
  const date = isEpoch ? new Date(Math.round(Number(value) * 1000)) : new Date(value);
  if (!Number.isNaN(date.getTime())) return date;
  throw serializationFault(`${quoted(String(value))} is not a timestamp in the form ${format}`);
}

export function writeTimestamp(date: Date, format: TimestampFormat): string {
  switch (format) {
    case "epoch-seconds":
      return String(date.getTime() / 1000);
    case "http-date":
      return date.toUTCString();
    case "date-time":
      return date.toISOString().replace(".000Z", "Z");
    default:
      return format satisfies never;
  }
}

/** The text of a value that should be a scalar. A handler's mistake stays readable. */
export function scalarText(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "boolean":
    case "bigint":
      return String(value);
    default:
      return JSON.stringify(value) ?? "";
  }
}

/** Quotes what a client sent, cut so that an error stays readable. */
function quoted(text: string): string {
  return text.length > 80 ? `"${text.slice(0, 80)}..."` : `"${text}"`;
}

/** Sets a key that a client chose: an assignment to `__proto__` would change the prototype. */
export function setKey(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else target[key] = value;
}
