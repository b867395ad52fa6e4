/**
 * How the cloud and a runtime process talk over descriptors 3 and 4. A frame is one byte of kind, the
 * header's length and the payload's length (both 32 bits, big-endian), the header (JSON) and the payload:
 * events and answers pass through as bytes and are never parsed on the cloud's side.
 */
const PREFIX_BYTES = 9;

/** From the cloud: C, an event. From the runtime, in this order of life: */
const FRAME_KINDS = {
  /** Awaits its first event. */
  A: "ready",
  /** The function could not be loaded; the payload is the error document. The process ends. */
  I: "initFailed",
  /** The handler's result. */
  R: "result",
  /** The handler failed; the payload is the error document. */
  E: "error",
  /** As E, and the process ends. */
  F: "fatal",
} as const;

type FrameKind = (typeof FRAME_KINDS)[keyof typeof FRAME_KINDS];

export interface Frame {
  readonly kind: FrameKind;
  readonly header: string;
  /** Undefined when it was larger than the reader's limit: it has been skipped. */
  readonly payload: Uint8Array | undefined;
}

/** Below this a copy into one buffer is cheaper than a second write. */
const COPY_BYTES_MAX = 64 * 1024;

/** The buffers to write, in order, for one event. */
export function eventFrame(header: string, payload: Uint8Array): readonly Uint8Array[] {
  const headerBytes = Buffer.byteLength(header);
  const isSmall = payload.length <= COPY_BYTES_MAX;
  const start = Buffer.allocUnsafe(PREFIX_BYTES + headerBytes + (isSmall ? payload.length : 0));
  start[0] = 0x43;
  start.writeUInt32BE(headerBytes, 1);
  start.writeUInt32BE(payload.length, 5);
  start.write(header, PREFIX_BYTES);
  if (!isSmall) return [start, payload];
  start.set(payload, PREFIX_BYTES + headerBytes);
  return [start];
}

/** Headers of what comes in hold an error's type at most. */
const HEADER_BYTES_MAX = 64 * 1024;

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void;
  readonly #payloadBytesMax: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #skipBytes = 0;

  constructor(payloadBytesMax: number, onFrame: (frame: Frame) => void) {
    this.#payloadBytesMax = payloadBytesMax;
    this.#onFrame = onFrame;
  }

  /** @throws {RangeError} when the bytes are no frame: our bug, or a function that wrote into the pipe. */
  push(chunk: Buffer): void {
    let rest = this.#skip(chunk);
    while (rest.length > 0) {
      this.#pending.push(rest);
      this.#pendingBytes += rest.length;
      const bytes = this.#whole();
      if (bytes === undefined) return;
      this.#pending = [];
      this.#pendingBytes = 0;
      rest = this.#take(bytes);
    }
  }

  #skip(chunk: Buffer): Buffer {
    const skipped = Math.min(this.#skipBytes, chunk.length);
    this.#skipBytes -= skipped;
    return skipped === 0 ? chunk : chunk.subarray(skipped);
  }

  /** What has come in, in one piece, once it holds a whole frame (or all of it that is kept). */
  #whole(): Buffer | undefined {
    if (this.#pendingBytes < PREFIX_BYTES) return undefined;
    if ((this.#pending[0] as Buffer).length < PREFIX_BYTES) this.#join();
    const first = this.#pending[0] as Buffer;
    letterOf(first);
    // Before it is waited for: a function that writes into the pipe must not fill the memory.
    const headerBytes = first.readUInt32BE(1);
    if (headerBytes > HEADER_BYTES_MAX) throw new RangeError(`a header of ${headerBytes} bytes`);
    if (this.#pendingBytes < this.#kept(first)) return undefined;
    this.#join();
    return this.#pending[0];
  }

  #join(): void {
    if (this.#pending.length > 1) this.#pending = [Buffer.concat(this.#pending)];
  }

  #kept(bytes: Buffer): number {
    const payloadBytes = bytes.readUInt32BE(5);
    const keptPayload = payloadBytes > this.#payloadBytesMax ? 0 : payloadBytes;
    return PREFIX_BYTES + bytes.readUInt32BE(1) + keptPayload;
  }

  /** Hands on the first frame of `bytes` and returns what follows it. */
  #take(bytes: Buffer): Buffer {
    const end = this.#kept(bytes);
    const headerEnd = PREFIX_BYTES + bytes.readUInt32BE(1);
    const payloadBytes = bytes.readUInt32BE(5);
    const isKept = payloadBytes <= this.#payloadBytesMax;
    this.#skipBytes = isKept ? 0 : payloadBytes;
    this.#onFrame({
      kind: FRAME_KINDS[letterOf(bytes)],
      header: headerEnd === PREFIX_BYTES ? "" : bytes.toString("utf8", PREFIX_BYTES, headerEnd),
      payload: isKept ? bytes.subarray(headerEnd, end) : undefined,
    });
    return this.#skip(bytes.subarray(end));
  }
}

function letterOf(frame: Buffer): keyof typeof FRAME_KINDS {
  const letter = String.fromCharCode(frame[0] as number);
  if (!isFrameLetter(letter)) throw new RangeError(`unknown frame ${JSON.stringify(letter)}`);
  return letter;
}

function isFrameLetter(letter: string): letter is keyof typeof FRAME_KINDS {
  return Object.hasOwn(FRAME_KINDS, letter);
}
