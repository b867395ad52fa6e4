import { createReadStream, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Cloud } from "../../../service.ts";

/**
 * The bytes of layers, each once, in files named by the hexadecimal digits of their SHA-256. Names come
 * only from digests that were computed here, never from a request.
 */
export interface LayerStore {
  /** Where an upload writes. On the same disk as the layers, so that keeping one is a rename. */
  uploadPath(id: string): string;
  /** Makes a finished upload a layer. */
  keep(uploadPath: string, digest: string): void;
  /** Both ends included. */
  read(digest: string, range?: { readonly start: number; readonly end: number }): Readable;
  remove(digest: string): void;
  /** Removes every layer that `isUsed` does not know: what a kill or a reset has left. */
  sweep(isUsed: (digest: string) => boolean): void;
}

export function openLayerStore({ store, options }: Cloud): LayerStore {
  const layers = join(store.directory ?? options.scratchDirectory, "ecr-layers");
  const uploads = join(options.scratchDirectory, "ecr-uploads");
  mkdirSync(layers, { recursive: true });
  rmSync(uploads, { recursive: true, force: true });
  mkdirSync(uploads);
  const pathOf = (digest: string) => join(layers, digest.slice("sha256:".length));
  return {
    uploadPath: (id) => join(uploads, id),
    keep: (uploadPath, digest) => renameSync(uploadPath, pathOf(digest)),
    read: (digest, range) => createReadStream(pathOf(digest), range),
    remove: (digest) => rmSync(pathOf(digest), { force: true }),
    sweep(isUsed) {
      for (const name of readdirSync(layers)) {
        const digest = `sha256:${name}`;
        if (!isUsed(digest)) rmSync(pathOf(digest), { force: true });
      }
    },
  };
}
