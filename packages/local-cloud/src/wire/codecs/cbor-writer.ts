/** Writes plain values as CBOR (RFC 8949): what {@link parseCbor} reads, and what AWS's clients do. */
export function cborBytes(value: unknown): Uint8Array {
  const sink: Sink = { bytes: Buffer.allocUnsafe(512), size: 0 };
  writeItem(sink, value);
  return sink.bytes.subarray(0, sink.size);
}

interface Sink {
  bytes: Buffer;
  size: number;
}

const NULL = 0xf6;

function writeItem(sink: Sink, value: unknown): void {
  switch (typeof value) {
    case "string":
      writeText(sink, value);
      return;
    case "number":
      writeNumber(sink, value);
      return;
    case "bigint":
      writeBigInteger(sink, value);
      return;
    case "boolean":
      writeByte(sink, value ? 0xf5 : 0xf4);
      return;
    case "object":
      writeObject(sink, value);
      return;
    default:
      writeByte(sink, NULL);
  }
}

function writeObject(sink: Sink, value: object | null): void {
  if (value === null) writeByte(sink, NULL);
  else if (value instanceof Uint8Array) {
    writeHead(sink, 2, value.byteLength);
    const at = room(sink, value.byteLength);
    sink.bytes.set(value, at);
  } else if (value instanceof Date) {
    // Tag 1: seconds since the epoch.
    writeHead(sink, 6, 1);
    writeNumber(sink, value.getTime() / 1000);
  } else if (Array.isArray(value)) {
    writeHead(sink, 4, value.length);
    for (const item of value) writeItem(sink, item);
  } else {
    const entries = Object.entries(value);
    writeHead(sink, 5, entries.length);
    for (const [key, part] of entries) {
      writeText(sink, key);
      writeItem(sink, part);
    }
  }
}

function writeText(sink: Sink, text: string): void {
  const size = Buffer.byteLength(text);
  writeHead(sink, 3, size);
  const at = room(sink, size);
  sink.bytes.write(text, at);
}

function writeNumber(sink: Sink, value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    if (value >= 0) writeHead(sink, 0, value);
    else writeHead(sink, 1, -1 - value);
    return;
  }
  const at = room(sink, 9);
  sink.bytes[at] = 0xfb;
  sink.bytes.writeDoubleBE(value, at + 1);
}

function writeBigInteger(sink: Sink, value: bigint): void {
  const at = room(sink, 9);
  sink.bytes[at] = value >= 0n ? 0x1b : 0x3b;
  sink.bytes.writeBigUInt64BE(BigInt.asUintN(64, value >= 0n ? value : -1n - value), at + 1);
}

/** The major type with a count or an integer, in the shortest form. */
function writeHead(sink: Sink, major: number, argument: number): void {
  const type = major << 5;
  if (argument < 24) writeByte(sink, type | argument);
  else if (argument < 0x100) {
    const at = room(sink, 2);
    sink.bytes[at] = type | 24;
    sink.bytes[at + 1] = argument;
  } else if (argument < 0x10000) {
    const at = room(sink, 3);
    sink.bytes[at] = type | 25;
    sink.bytes.writeUInt16BE(argument, at + 1);
  } else if (argument < 0x1_0000_0000) {
    const at = room(sink, 5);
    sink.bytes[at] = type | 26;
    sink.bytes.writeUInt32BE(argument, at + 1);
  } else {
    const at = room(sink, 9);
    sink.bytes[at] = type | 27;
    sink.bytes.writeBigUInt64BE(BigInt(argument), at + 1);
  }
}

function writeByte(sink: Sink, byte: number): void {
  const at = room(sink, 1);
  sink.bytes[at] = byte;
}

/** Makes room for `size` more bytes and says where they start. May change `sink.bytes`. */
function room(sink: Sink, size: number): number {
  const start = sink.size;
  if (start + size > sink.bytes.byteLength) {
    const larger = Buffer.allocUnsafe(Math.max(sink.bytes.byteLength * 2, start + size));
    sink.bytes.copy(larger, 0, 0, start);
    sink.bytes = larger;
  }
  sink.size = start + size;
  return start;
}
