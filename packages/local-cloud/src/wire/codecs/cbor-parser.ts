import { serializationFault } from "../serialization-fault.ts";
import { setKey } from "./scalar.ts";

/** A tagged value: tag 1 is a timestamp. */
interface Tagged {
  readonly tag: number;
  readonly value: unknown;
}

interface Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;
}

/** Deeper than any AWS input; keeps a hostile document off the end of the stack. */
const DEEPEST = 100;

/**
 * Reads one CBOR value (RFC 8949). Counts are checked against the bytes that are there before
 * anything is set aside for them.
 * @throws {AwsError} SerializationException
 */
export function parseCbor(bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cursor = { bytes, view, at: 0 };
  const value = readItem(cursor, 0);
  if (value === BREAK || cursor.at !== bytes.byteLength) throw malformed();
  return value;
}

/** Ends a list, map or string whose length was not said. */
const BREAK = Symbol("break");
const INDEFINITE = 31;

function readItem(cursor: Cursor, depth: number): unknown {
  if (depth > DEEPEST) throw malformed();
  const first = cursor.bytes[cursor.at++];
  if (first === undefined) throw malformed();
  const major = first >> 5;
  const minor = first & 0x1f;
  switch (major) {
    case 0:
      return readArgument(cursor, minor);
    case 1: {
      const argument = readArgument(cursor, minor);
      return typeof argument === "bigint" ? -1n - argument : -1 - argument;
    }
    case 2:
      return readBytes(cursor, minor, 2);
    case 3:
      return readText(readBytes(cursor, minor, 3));
    case 4:
      return readList(cursor, minor, depth);
    case 5:
      return readMap(cursor, minor, depth);
    case 6:
      return readTagged(cursor, minor, depth);
    default:
      return readSimple(cursor, minor);
  }
}

function readTagged(cursor: Cursor, minor: number, depth: number): Tagged {
  const tag = Number(readArgument(cursor, minor));
  const value = readItem(cursor, depth + 1);
  if (value === BREAK) throw malformed();
  return { tag, value };
}

/** A bigint only where a number would lose digits. */
function readArgument(cursor: Cursor, minor: number): number | bigint {
  if (minor < 24) return minor;
  const size = [1, 2, 4, 8][minor - 24];
  if (size === undefined) throw malformed();
  const at = take(cursor, size);
  if (size === 1) return cursor.view.getUint8(at);
  if (size === 2) return cursor.view.getUint16(at);
  if (size === 4) return cursor.view.getUint32(at);
  const value = cursor.view.getBigUint64(at);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** Moves over `size` bytes and says where they start. */
function take(cursor: Cursor, size: number): number {
  const start = cursor.at;
  if (size > cursor.bytes.byteLength - start) throw malformed();
  cursor.at = start + size;
  return start;
}

/** A count of things that need a byte each at least. */
function readCount(cursor: Cursor, minor: number): number {
  const count = Number(readArgument(cursor, minor));
  if (count > cursor.bytes.byteLength - cursor.at) throw malformed();
  return count;
}

function readBytes(cursor: Cursor, minor: number, major: number): Uint8Array {
  if (minor !== INDEFINITE) {
    const size = readCount(cursor, minor);
    const start = take(cursor, size);
    return cursor.bytes.subarray(start, start + size);
  }
  const chunks: Uint8Array[] = [];
  for (;;) {
    const first = cursor.bytes[cursor.at++];
    if (first === 0xff) return Buffer.concat(chunks);
    if (first === undefined || first >> 5 !== major || (first & 0x1f) === INDEFINITE) {
      throw malformed();
    }
    chunks.push(readBytes(cursor, first & 0x1f, major));
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function readText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed();
  }
}

function readList(cursor: Cursor, minor: number, depth: number): unknown[] {
  const count = minor === INDEFINITE ? Infinity : readCount(cursor, minor);
  const items: unknown[] = [];
  while (items.length < count) {
    const item = readItem(cursor, depth + 1);
    if (item === BREAK) {
      if (count === Infinity) break;
      throw malformed();
    }
    items.push(item);
  }
  return items;
}

function readMap(cursor: Cursor, minor: number, depth: number): Record<string, unknown> {
  const count = minor === INDEFINITE ? Infinity : readCount(cursor, minor);
  const map: Record<string, unknown> = {};
  for (let index = 0; index < count; index++) {
    const key = readItem(cursor, depth + 1);
    if (key === BREAK && count === Infinity) break;
    const value = readItem(cursor, depth + 1);
    if (typeof key !== "string" || value === BREAK) throw malformed();
    setKey(map, key, value);
  }
  return map;
}

function readSimple(cursor: Cursor, minor: number): unknown {
  switch (minor) {
    case 20:
      return false;
    case 21:
      return true;
    case 22:
      return null;
    case 23:
      return undefined;
    case 25:
      return halfFloat(cursor.view.getUint16(take(cursor, 2)));
    case 26:
      return cursor.view.getFloat32(take(cursor, 4));
    case 27:
      return cursor.view.getFloat64(take(cursor, 8));
    case INDEFINITE:
      return BREAK;
    default:
      throw malformed();
  }
}

/** IEEE 754 binary16. */
function halfFloat(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function malformed(): Error {
  return serializationFault("The request body is not valid CBOR.");
}
