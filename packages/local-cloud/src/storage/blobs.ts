import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Immutable bytes named by the lower-case hexadecimal SHA-256 of their content. */
export interface Blobs {
  /** Durable when it returns. @throws {StorageError} and there is no such blob. */
  put(bytes: Uint8Array): string;
  /** @throws {Error} when there is no such blob: rows must not outlive their blobs. */
  get(sha256: string): Uint8Array;
  reset(): void;
}

export function memoryBlobs(): Blobs {
  const blobs = new Map<string, Uint8Array>();
  return {
    put(bytes) {
      const name = sha256Hex(bytes);
      blobs.set(name, bytes);
      return name;
    },
    get(sha256) {
      const bytes = blobs.get(sha256);
      if (bytes === undefined) throw new Error(`no blob ${sha256}`);
      return bytes;
    },
    reset: () => blobs.clear(),
  };
}

/** Files under `directory`, each written beside and renamed, so a crash leaves no half blob. */
export function directoryBlobs(directory: string): Blobs {
  mkdirSync(directory, { recursive: true });
  return {
    put(bytes) {
      const name = sha256Hex(bytes);
      const path = join(directory, name);
      try {
        writeFileSync(`${path}.partial`, bytes);
        renameSync(`${path}.partial`, path);
      } catch (error) {
        // A full disk must get its space back.
        rmSync(`${path}.partial`, { force: true });
        throw error;
      }
      return name;
    },
    get: (sha256) => readFileSync(join(directory, sha256)),
    reset() {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(directory, { recursive: true });
    },
  };
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
