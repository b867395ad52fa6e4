import { BadImageError } from "./inside-root.ts";

/** What an unpacked image may have. Ours: Fargate gives a task 20 GiB of disk, and nobody's image here needs half. */
const UNPACKED_BYTES_MAX = 8 * 1024 ** 3;
const UNPACKED_ENTRIES_MAX = 1_000_000;

/** Counts down over all layers of an image. */
export class Budget {
  #bytes = 0;
  #entries = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** @throws {BadImageError} when it is used up. */
  take(bytes: number): void {
    this.#bytes += bytes;
    this.#entries++;
    if (this.#bytes <= UNPACKED_BYTES_MAX && this.#entries <= UNPACKED_ENTRIES_MAX) return;
    throw new BadImageError(
      `the image unpacks to more than ${UNPACKED_BYTES_MAX} bytes or ${UNPACKED_ENTRIES_MAX} entries`,
    );
  }
}
