import { crc32 } from "node:zlib";
import type { Member, Structure } from "../../model/shape.ts";
import { scalarText } from "./scalar.ts";

export const EVENT_STREAM_TYPE = "application/vnd.amazon.eventstream";

/** How a protocol writes the document inside an event. */
export interface EventDocuments {
  readonly contentType: string;
  readonly write: (shape: Structure, value: unknown) => Uint8Array;
}

/**
 * A finished stream of events: each an object with one member of the stream's union.
 * Source: Smithy's event stream specification, "Amazon Event Stream".
 */
export function eventStreamBytes(
  union: Structure,
  events: unknown,
  documents: EventDocuments,
): Uint8Array {
  const frames: Uint8Array[] = [];
  for (const event of events as readonly Readonly<Record<string, unknown>>[]) {
    const member = union.members.find(({ name }) => event[name] !== undefined);
    if (member !== undefined) frames.push(eventBytes(member, event[member.name], documents));
  }
  return Buffer.concat(frames);
}

/** What an RPC answer says before its first event: the members beside the stream. */
export function initialResponseBytes(
  shape: Structure,
  value: unknown,
  { contentType, write }: EventDocuments,
): Uint8Array {
  const members = shape.members.filter((member) => !member.isEventStream);
  const headers = { ":message-type": "event", ":event-type": "initial-response" };
  const body = write({ ...shape, members }, value);
  return frame({ ...headers, ":content-type": contentType }, body);
}

function eventBytes(member: Member, value: unknown, documents: EventDocuments): Uint8Array {
  const { shape } = member;
  if (shape.kind !== "structure") throw new TypeError(`event ${member.name} is no structure`);
  const kind = shape.traits.error === undefined ? "event" : "exception";
  const headers: Record<string, string> = {
    ":message-type": kind,
    [`:${kind}-type`]: member.name,
  };
  const body: Member[] = [];
  for (const part of shape.members) {
    const content = (value as Readonly<Record<string, unknown>>)[part.name];
    if (part.traits.eventPayload && content instanceof Uint8Array) {
      return frame({ ...headers, ":content-type": "application/octet-stream" }, content);
    }
    if (!part.traits.eventHeader) body.push(part);
    else if (content !== undefined) headers[part.name] = scalarText(content);
  }
  headers[":content-type"] = documents.contentType;
  return frame(headers, documents.write({ ...shape, members: body }, value));
}

const STRING_TYPE = 7;

/** Lengths, their checksum, headers, payload, the checksum of all. */
function frame(headers: Readonly<Record<string, string>>, payload: Uint8Array): Uint8Array {
  const encoded = Object.entries(headers).map(([name, value]) => {
    const text = Buffer.from(value);
    const size = Buffer.alloc(3);
    size[0] = STRING_TYPE;
    size.writeUInt16BE(text.byteLength, 1);
    return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), size, text]);
  });
  const head = Buffer.concat(encoded);
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(16 + head.byteLength + payload.byteLength, 0);
  prelude.writeUInt32BE(head.byteLength, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const message = Buffer.concat([prelude, head, payload]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(message), 0);
  return Buffer.concat([message, checksum]);
}
