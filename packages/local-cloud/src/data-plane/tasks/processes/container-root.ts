import { existsSync } from "node:fs";
import { constants, cp, mkdir, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import type { UnpackedImage } from "../images/unpacked-images.ts";
import { BadImageError, insideRoot } from "../images/inside-root.ts";

/**
 * Larger images are shared by their containers, bytes: copying one would take seconds for each task. Ours.
 */
const COPIED_BYTES_MAX = 64 * 1024 * 1024;

/** The files that one container sees. */
export interface ContainerRoot {
  readonly root: string;
  /** For temporary files of this container alone. */
  readonly temporary: string;
  /** Whether other containers of the image see what this one writes. */
  readonly isShared: boolean;
  /** The path on this machine of one in the container; undefined when there is nothing of that name. */
  find(path: string): Promise<string | undefined>;
  remove(): Promise<void>;
}

/**
 * Gives a container a copy of its image's files in `folder`, so that what it writes is its own. A container
 * with a read-only root, and one of a large image, sees the image's own files: nothing keeps it from writing.
 */
export async function makeContainerRoot(
  image: UnpackedImage,
  folder: string,
  isReadOnly: boolean,
): Promise<ContainerRoot> {
  const isShared = isReadOnly || image.bytes > COPIED_BYTES_MAX;
  const temporary = join(folder, "tmp");
  await mkdir(temporary, { recursive: true });
  const own = join(await realpath(folder), "root");
  if (!isShared) {
    // Links are copied as they stand: they are relative, and so stay inside the copy.
    await cp(image.root, own, {
      recursive: true,
      verbatimSymlinks: true,
      mode: constants.COPYFILE_FICLONE,
    });
  }
  const root = isShared ? image.root : own;
  return {
    root,
    temporary,
    isShared: isShared && !isReadOnly,
    async find(path) {
      try {
        const found = await insideRoot(root, path, { followLast: true });
        return existsSync(found) ? found : undefined;
      } catch (error) {
        if (error instanceof BadImageError) return undefined;
        throw error;
      }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
