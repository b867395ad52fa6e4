import type { IncomingMessage } from "node:http";

/** The request body is larger than allowed. */
export class BodyTooLargeError extends Error {
  override readonly name = "BodyTooLargeError";
}

/**
 * Reads a whole request body. Where it throws, the request stays open, so that it can be answered.
 * @throws {BodyTooLargeError} as soon as it is known to pass `limitBytes`; the rest is not kept.
 */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Uint8Array> {
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > limitBytes) throw tooLarge(declared, limitBytes);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    // node:http yields Buffers when no encoding is set.
    const part = chunk as Buffer;
    bytes += part.length;
    if (bytes > limitBytes) throw tooLarge(bytes, limitBytes);
    chunks.push(part);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, bytes);
}

/**
 * Lets a client that is still sending see its answer: closing on it at once would make the system
 * reset the connection, and the answer would be lost with it. A client that sends more than
 * `limitBytes` after its refusal is not listening: its connection ends.
 */
export function drain(request: IncomingMessage, limitBytes: number): void {
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > limitBytes) request.destroy();
  });
}

function tooLarge(bytes: number, limitBytes: number): BodyTooLargeError {
  return new BodyTooLargeError(
    `the request body has at least ${bytes} bytes; at most ${limitBytes} are read`,
  );
}
