import { createWriteStream } from "node:fs";
import { chmod, link, lstat, mkdir, readdir, rm, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { extract, type Entry, type Headers } from "tar-stream";
import { BadImageError, insideRoot, relativeLink } from "./inside-root.ts";
import type { Budget } from "./limits.ts";

/** Names that take away what lower layers have. Source: OCI image spec 1.1, "Whiteouts". */
const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";

/**
 * Unpacks one layer over those below it. Nothing is written or linked outside of `root`.
 * @throws {BadImageError} when the layer is unreadable, unsafe or too large.
 */
export async function unpackLayer(
  root: string,
  layer: { readonly digest: string; readonly mediaType: string; open(): Readable },
  budget: Budget,
): Promise<void> {
  const untar = extract();
  const stages = [layer.open(), ...decompressors(layer.mediaType)];
  const unpacked = new LayerUnpacking(root, budget);
  try {
    await Promise.all([pipeline([...stages, untar]), unpackAll(untar, unpacked)]);
  } catch (error) {
    if (error instanceof BadImageError || isDiskError(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new BadImageError(`the layer ${layer.digest} cannot be unpacked: ${why}`, {
      cause: error,
    });
  }
}

async function unpackAll(entries: AsyncIterable<Entry>, layer: LayerUnpacking): Promise<void> {
  for await (const entry of entries) {
    await layer.add(entry);
    // What was not read would keep the next entry from coming.
    entry.resume();
  }
}

/** Source: OCI image spec 1.1, "Image Layer Filesystem Changeset"; Docker's types end in ".tar.gzip". */
function decompressors(mediaType: string): NodeJS.ReadWriteStream[] {
  if (/[+.]gzip$/.test(mediaType)) return [createGunzip()];
  if (/[+.]zstd$/.test(mediaType)) return [createZstdDecompress()];
  if (/[.]tar$/.test(mediaType)) return [];
  throw new BadImageError(
    `a layer has the media type ${mediaType}; tar, tar+gzip and tar+zstd can be unpacked`,
  );
}

class LayerUnpacking {
  readonly #root: string;
  readonly #budget: Budget;
  /** What this layer has made, parents included: its own whiteouts leave it alone. */
  readonly #made = new Set<string>();

  constructor(root: string, budget: Budget) {
    this.#root = root;
    this.#budget = budget;
  }

  async add(entry: Entry): Promise<void> {
    const { header } = entry;
    this.#budget.take(header.size ?? 0);
    if (header.name.split("/").includes("..")) {
      throw new BadImageError(
        `the layer has the path ${header.name}, which leads out of the image`,
      );
    }
    const path = await insideRoot(this.#root, header.name, { followLast: false });
    const name = basename(path);
    if (path === this.#root) return;
    if (name === OPAQUE) return this.#hideAll(dirname(path));
    if (name.startsWith(WHITEOUT)) {
      return this.#hide(join(dirname(path), name.slice(WHITEOUT.length)));
    }
    await mkdir(dirname(path), { recursive: true });
    await this.#clear(path, header);
    await this.#make(path, entry);
    for (let at = path; at !== this.#root; at = dirname(at)) this.#made.add(at);
  }

  /** A folder stays where one is already; everything else is replaced, links never followed. */
  async #clear(path: string, { type }: Headers): Promise<void> {
    const there = await lstat(path).catch(() => undefined);
    if (there === undefined || (there.isDirectory() && type === "directory")) return;
    await rm(path, { recursive: true, force: true });
  }

  async #make(path: string, entry: Entry): Promise<void> {
    const { type, mode = 0o644, linkname } = entry.header;
    switch (type) {
      case "directory":
        await mkdir(path, { recursive: true });
        // Whoever unpacks must be able to go on below it, and to remove it.
        return chmod(path, (mode & 0o777) | 0o700);
      case "symlink":
        return symlink(relativeLink(this.#root, path, linkname ?? ""), path);
      case "link":
        return this.#makeHardLink(path, linkname ?? "");
      case "file":
      case "contiguous-file":
      case undefined:
      case null:
        await pipeline(entry, createWriteStream(path));
        return chmod(path, (mode & 0o777) | 0o600);
      default:
        // Devices and pipes: no program of ours is given any.
        return;
    }
  }

  async #makeHardLink(path: string, linkname: string): Promise<void> {
    const target = await insideRoot(this.#root, linkname, { followLast: false });
    const there = await lstat(target).catch(() => undefined);
    if (there === undefined || there.isDirectory()) {
      throw new BadImageError(
        `the layer links ${path.slice(this.#root.length)} to ${linkname}, which is no file`,
      );
    }
    await link(target, path);
  }

  async #hide(path: string): Promise<void> {
    if (basename(path) === "" || basename(path) === ".." || basename(path) === ".") return;
    if (this.#made.has(path)) {
      if ((await lstat(path)).isDirectory()) await this.#hideAll(path);
      return;
    }
    await rm(path, { recursive: true, force: true });
  }

  async #hideAll(folder: string): Promise<void> {
    const names = await readdir(folder).catch(() => []);
    for (const name of names) await this.#hide(join(folder, name));
  }
}

/** What the disk refuses is no fault of the image, unless two of its files want the same path. */
function isDiskError(error: unknown): boolean {
  if (!(error instanceof Error && "syscall" in error && "code" in error)) return false;
  return !["EEXIST", "EISDIR", "ENOTDIR"].includes(String(error.code));
}
