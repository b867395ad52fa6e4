import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { isAbsolute, join, normalize } from "node:path";
import { Transform, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { RolloutError } from "@headgate/core/errors";
import { pack, type Pack } from "tar-stream";

/** A layer of an image, as a file. */
export interface Layer {
  readonly mediaType: string;
  /** Of the compressed bytes: how registries name it. */
  readonly digest: string;
  /** Of the tar: what the image's configuration lists. */
  readonly diffId: string;
  readonly sizeBytes: number;
  readonly files: number;
}

/** Larger folders are no application: somebody named the wrong one. */
const FOLDER_MAX_BYTES = 4 * 1024 ** 3;
/** What no image needs. Everything else is packed. */
const LEFT_OUT: ReadonlySet<string> = new Set([".git", ".DS_Store"]);
/** Every time in the archive, so that the same files give the same digest. */
const EPOCH = new Date(0);

interface Entry {
  /** Below the folder, with forward slashes. */
  readonly name: string;
  readonly path: string;
  readonly kind: "directory" | "file" | "symlink";
  readonly mode: number;
  readonly sizeBytes: number;
}

/**
 * Packs what is in `folder` as one tar+gzip layer at `prefix` ("app") and writes it to `target`. Names in
 * order, no times, no owners: the same files give the same bytes.
 *
 * @throws {RolloutError} USAGE: not a folder, nothing in it, too large, or a link or a device that an
 * image cannot have.
 */
export async function packFolder(
  folder: string,
  { prefix, target }: { readonly prefix: string; readonly target: string },
): Promise<Layer> {
  const entries = await entriesOf(folder);
  if (entries.length === 0) {
    throw usage(`${folder} is empty`, "Name the folder with the application in it.");
  }
  const bytes = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (bytes > FOLDER_MAX_BYTES) {
    throw usage(
      `${folder} has ${bytes} bytes; at most ${FOLDER_MAX_BYTES} are packed`,
      "Name the folder with the application alone.",
    );
  }
  const tar = pack();
  const plain = hashed();
  const zipped = hashed();
  await Promise.all([
    pipeline(
      tar,
      plain.through,
      createGzip({ level: 9 }),
      anySystem(),
      zipped.through,
      createWriteStream(target),
    ),
    fill(tar, entries, prefix).catch((error: unknown) => {
      tar.destroy(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }),
  ]);
  return {
    mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
    digest: zipped.digest(),
    diffId: plain.digest(),
    sizeBytes: zipped.bytes(),
    files: entries.filter(({ kind }) => kind !== "directory").length,
  };
}

async function fill(tar: Pack, entries: readonly Entry[], prefix: string): Promise<void> {
  const folders = prefix.split("/").map((_part, index, parts) => parts.slice(0, index + 1));
  for (const parts of folders)
    await add(tar, { name: parts.join("/"), type: "directory", mode: 0o755 });
  for (const { name, path, kind, mode, sizeBytes } of entries) {
    const header = { name: `${prefix}/${name}`, type: kind, mode };
    if (kind === "symlink") await add(tar, { ...header, linkname: await readlink(path) });
    else if (kind === "directory") await add(tar, header);
    else await addFile(tar, { ...header, size: sizeBytes }, path);
  }
  tar.finalize();
}

interface Header {
  readonly name: string;
  readonly type: Entry["kind"];
  readonly mode: number;
  readonly size?: number;
  readonly linkname?: string;
}

const complete = (header: Header) => ({
  ...header,
  mtime: EPOCH,
  uid: 0,
  gid: 0,
  uname: "",
  gname: "",
});

function add(tar: Pack, header: Header): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.entry(complete(header), (error) => (error ? reject(error) : resolve()));
  });
}

async function addFile(tar: Pack, header: Header, path: string): Promise<void> {
  // A file that changes its size while it is read makes the archive fail, which is as it should be.
  const sink: Writable = tar.entry(complete(header));
  await pipeline(createReadStream(path), sink);
}

/** Sorted by name, parents before what is in them. */
async function entriesOf(folder: string, below = ""): Promise<Entry[]> {
  const names = await readdir(join(folder, below)).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw usage(`cannot read the folder ${folder}: ${why}`, "Name a folder.", cause);
  });
  const entries: Entry[] = [];
  for (const name of names.filter((found) => !LEFT_OUT.has(found)).sort()) {
    const inside = below === "" ? name : `${below}/${name}`;
    const entry = await entryOf(folder, inside);
    entries.push(entry);
    if (entry.kind === "directory") entries.push(...(await entriesOf(folder, inside)));
  }
  return entries;
}

async function entryOf(folder: string, name: string): Promise<Entry> {
  const path = join(folder, name);
  const found = await lstat(path);
  if (found.isDirectory()) return { name, path, kind: "directory", mode: 0o755, sizeBytes: 0 };
  if (found.isSymbolicLink()) {
    requireInside(name, await readlink(path));
    return { name, path, kind: "symlink", mode: 0o777, sizeBytes: 0 };
  }
  if (!found.isFile()) {
    throw usage(`${path} is neither a file nor a folder nor a link`, "Take it out of the folder.");
  }
  // Only whether it can be run: the rest differs from one machine's umask to another's.
  const mode = (found.mode & 0o111) === 0 ? 0o644 : 0o755;
  return { name, path, kind: "file", mode, sizeBytes: found.size };
}

/** A link to this machine's files would lead nowhere in the image, or to another file. */
function requireInside(name: string, to: string): void {
  const from = name.split("/").slice(0, -1).join("/");
  if (!isAbsolute(to) && !normalize(join(from, to)).startsWith("..")) return;
  throw usage(
    `the link ${name} leads out of the folder, to ${to}`,
    "Replace it with the file it leads to.",
  );
}

function usage(message: string, hint: string, cause?: unknown): RolloutError {
  return new RolloutError("USAGE", message, { hint, cause });
}

/** Passes bytes on and remembers their digest and number. */
function hashed() {
  const hash = createHash("sha256");
  let bytes = 0;
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  return { through, digest: () => `sha256:${hash.digest("hex")}`, bytes: () => bytes };
}

/** gzip's tenth byte says on which system it ran, which would make the digest another one there. */
function anySystem(): Transform {
  const AT = 9;
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (seen <= AT && AT < seen + chunk.length) chunk[AT - seen] = 255;
      seen += chunk.length;
      done(null, chunk);
    },
  });
}
