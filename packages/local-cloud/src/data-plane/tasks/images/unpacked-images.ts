import { lstat, mkdir, readdir, realpath, rename, rm } from "node:fs/promises";
import { join, sep } from "node:path";
import type { RunnableImage } from "../task-runtime.ts";
import { type ImageConfig, parseImageConfig } from "./image-config.ts";
import { insideRoot } from "./inside-root.ts";
import { Budget } from "./limits.ts";
import { unpackLayer } from "./unpack-layer.ts";

/** An image's files in a folder. Nobody writes there. */
export interface UnpackedImage {
  readonly root: string;
  readonly config: ImageConfig;
  readonly bytes: number;
}

/** Images unpacked below `directory`, each once. */
export class UnpackedImages {
  readonly #directory: string;
  readonly #images = new Map<string, Promise<UnpackedImage>>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @throws {BadImageError} when the image is unreadable, unsafe or too large. */
  get(image: RunnableImage): Promise<UnpackedImage> {
    let unpacked = this.#images.get(image.digest);
    if (unpacked === undefined) {
      unpacked = unpack(image, join(this.#directory, image.digest.replace(/[^0-9a-z]/g, "-")));
      this.#images.set(image.digest, unpacked);
      // A disk that was full may have room again.
      unpacked.catch(() => this.#images.delete(image.digest));
    }
    return unpacked;
  }
}

async function unpack(image: RunnableImage, folder: string): Promise<UnpackedImage> {
  const config = parseImageConfig(await image.config());
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  try {
    const root = await realpath(partial);
    const budget = new Budget();
    for (const layer of image.layers) await unpackLayer(root, layer, budget);
    await requireLinksInside(root, root);
    await rename(partial, folder);
    return { root: await realpath(folder), config, bytes: budget.bytes };
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

/** A link may lead out although its text does not, through another that a later layer has changed. */
async function requireLinksInside(root: string, folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = `${folder}${sep}${name}`;
    const found = await lstat(path);
    if (found.isDirectory()) await requireLinksInside(root, path);
    else if (found.isSymbolicLink()) {
      await insideRoot(root, path.slice(root.length), { followLast: true });
    }
  }
}
