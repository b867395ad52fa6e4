import { createWriteStream } from "node:fs";
import { chmod, mkdir, realpath, rename, rm, symlink } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { Transform, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { text } from "node:stream/consumers";
import { type Entry, fromBuffer, type ZipFile } from "yauzl";
import { BadZipError } from "./function-workers.ts";
import { UNPACKED_BYTES_MAX } from "./limits.ts";

const FILE_TYPE_MASK = 0o170000;
const SYMBOLIC_LINK = 0o120000;
const MADE_ON_UNIX = 3;

/**
 * Unpacks a zip into `directory`, which appears only when everything is in it.
 * Nothing is written outside it, whatever names and links the zip holds.
 * @throws {BadZipError} when the zip is unreadable, unsafe or too large.
 */
export async function unpackZip(bytes: Uint8Array, directory: string): Promise<void> {
  const partial = `${directory}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  try {
    await extract(await openZip(bytes), await realpath(partial));
    await rename(partial, directory);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

async function extract(zip: ZipFile, root: string): Promise<void> {
  const budget = { bytes: UNPACKED_BYTES_MAX };
  // Links are made last: no file is ever written through one.
  const links: Link[] = [];
  for await (const entry of entriesOf(zip)) {
    const path = join(root, entry.fileName);
    try {
      if (entry.fileName.endsWith("/")) {
        await mkdir(path, { recursive: true });
        continue;
      }
      await mkdir(dirname(path), { recursive: true });
      const content = await streamOf(zip, entry);
      if (isLink(entry)) {
        links.push({ path, target: await pipeline(content, limiter(budget), text) });
      } else {
        await pipeline(content, limiter(budget), createWriteStream(path));
        await chmod(path, modeOf(entry));
      }
    } catch (error) {
      throw asBadZip(error);
    }
  }
  for (const link of links) await makeLink(link, root);
  for (const link of links) await checkLink(link, root);
}

interface Link {
  readonly path: string;
  readonly target: string;
}

async function makeLink(link: Link, root: string): Promise<void> {
  const target = resolve(dirname(link.path), link.target);
  if (!isInside(target, root)) throw unsafe(link.path.slice(root.length + 1));
  await symlink(link.target, link.path).catch((error: unknown) => {
    throw asBadZip(error);
  });
}

/** A link through another link may lead out although its text does not. */
async function checkLink(link: Link, root: string): Promise<void> {
  const folder = `${dirname(link.path)}/${dirname(link.target)}`;
  // A link may lead to nothing, but not to nothing outside.
  const target = await realpath(link.path).catch(() => realpath(folder).catch(() => root));
  if (!isInside(target, root)) throw unsafe(link.path.slice(root.length + 1));
}

function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(root + sep);
}

/** Passes bytes on until the whole zip has used up its budget. */
function limiter(budget: { bytes: number }): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      budget.bytes -= chunk.length;
      if (budget.bytes >= 0) return done(null, chunk);
      done(new BadZipError(`Unzipped size must be smaller than ${UNPACKED_BYTES_MAX} bytes`));
    },
  });
}

/** yauzl refuses names that are absolute or climb with `..`, and sizes that are not the declared ones. */
function openZip(bytes: Uint8Array): Promise<ZipFile> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new Promise((resolve, reject) => {
    fromBuffer(buffer, { lazyEntries: true, strictFileNames: true }, (error, zip) => {
      if (error === null) resolve(zip);
      else reject(unreadable(error));
    });
  });
}

async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry> {
  for (;;) {
    const entry = await new Promise<Entry | undefined>((resolve, reject) => {
      zip.removeAllListeners();
      zip.once("entry", resolve);
      zip.once("end", () => resolve(undefined));
      zip.once("error", (error: Error) => {
        const isName = /invalid relative path|absolute path|invalid characters/.test(error.message);
        reject(isName ? unsafe(error.message.replace(/^.*?: /, "")) : unreadable(error));
      });
      zip.readEntry();
    });
    if (entry === undefined) return;
    yield entry;
  }
}

function streamOf(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => {
      if (error === null) resolve(stream);
      else reject(unreadable(error));
    });
  });
}

function isLink(entry: Entry): boolean {
  return unixMode(entry) !== 0 && (unixMode(entry) & FILE_TYPE_MASK) === SYMBOLIC_LINK;
}

/** As the zip says, and always readable: a zip made elsewhere carries no modes. */
function modeOf(entry: Entry): number {
  const mode = unixMode(entry) & 0o777;
  return mode === 0 ? 0o644 : mode | 0o444;
}

function unixMode(entry: Entry): number {
  return entry.versionMadeBy >>> 8 === MADE_ON_UNIX ? entry.externalFileAttributes >>> 16 : 0;
}

/** What the disk refuses stays as it is, unless two entries want the same path; all else is the zip's fault. */
function asBadZip(error: unknown): unknown {
  if (error instanceof BadZipError) return error;
  const isDisk = error instanceof Error && "syscall" in error && "code" in error;
  const isConflict = isDisk && ["EEXIST", "EISDIR", "ENOTDIR"].includes(String(error.code));
  return isDisk && !isConflict ? error : unreadable(error);
}

/** Source: AWS's text for a zip that is none (recorded in public issues). */
function unreadable(cause?: unknown): BadZipError {
  const message =
    "Could not unzip uploaded file. Please check your file, then try to upload again.";
  return new BadZipError(message, { cause });
}

/** Unverified: AWS's text for a zip with such names. */
function unsafe(name: string): BadZipError {
  return new BadZipError(
    `Could not unzip uploaded file: ${name} leads outside of the function's folder.`,
  );
}
