import type { IncomingMessage } from "node:http";

/** The request body is larger than allowed. */
export class BodyTooLargeError extends Error {
  override readonly name = "BodyTooLargeError";
}

/**
 * Reads a whole request body. Where it throws, the request stays open, so that it can be answered.
 * @throws {BodyTooLargeError} as soon as it is known to pass `limitBytes`; the rest is not kept.
 */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Uint8Array> {
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > limitBytes) return Promise.reject(tooLarge(declared, limitBytes));
  // Listeners, not an iterator: this is on the way of every call, and an iterator costs as much again
  // as all the rest of Node's HTTP.
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const stop = () => {
      request.off("data", onData).off("end", onEnd).off("close", onClose).off("error", onError);
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limitBytes) return void chunks.push(chunk);
      stop();
      request.pause();
      reject(tooLarge(bytes, limitBytes));
    };
    const onEnd = () => {
      stop();
      const [first] = chunks;
      resolve(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, bytes));
    };
    const onError = (error: Error) => {
      stop();
      reject(error);
    };
    const onClose = () => onError(new Error("the client went away before its request was whole"));
    request.on("data", onData).once("end", onEnd).once("close", onClose).once("error", onError);
  });
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
