/** Source: Docker Engine API, "Attach to a container", stream format: kind, three zeros, length, bytes. */
const HEAD_BYTES = 8;
const STDERR = 2;

/** Takes a container's output apart into its two streams, whichever way it was cut on its way. */
export class Demultiplexer {
  readonly #onBytes: (bytes: Buffer, stream: "stdout" | "stderr") => void;
  #held: Buffer = Buffer.alloc(0);
  #stream: "stdout" | "stderr" = "stdout";
  /** Of the frame that is under way. */
  #left = 0;

  constructor(onBytes: (bytes: Buffer, stream: "stdout" | "stderr") => void) {
    this.#onBytes = onBytes;
  }

  write(chunk: Buffer): void {
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    while (rest.length > 0) {
      if (this.#left === 0) {
        if (rest.length < HEAD_BYTES) break;
        this.#stream = rest[0] === STDERR ? "stderr" : "stdout";
        this.#left = rest.readUInt32BE(4);
        rest = rest.subarray(HEAD_BYTES);
        continue;
      }
      const part = rest.subarray(0, this.#left);
      this.#left -= part.length;
      rest = rest.subarray(part.length);
      this.#onBytes(part, this.#stream);
    }
    this.#held = rest;
  }
}
