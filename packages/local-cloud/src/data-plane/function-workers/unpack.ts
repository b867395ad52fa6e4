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
  const links: { readonly path: string; readonly target: string }[] = [];
  for await (const entry of entriesOf(zip)) {
    const path = join(root, entry.fileName);
    if (entry.fileName.endsWith("/")) {
      await mkdir(path, { recursive: true });
      continue;
    }
    const content = limited(await streamOf(zip, entry), budget);
    if (isLink(entry)) links.push({ path, target: await text(content).catch(asBadZip) });
    else await writeEntry(content, path, modeOf(entry));
  }
  for (const link of links) await makeLink(link, root);
  for (const link of links) await checkLink(link.path, root);
}

async function writeEntry(content: Readable, path: string, mode: number): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await pipeline(content, createWriteStream(path));
    await chmod(path, mode);
  } catch (error) {
    if (isConflict(error)) throw unreadable();
    return asBadZip(error);
  }
}

async function makeLink(link: { path: string; target: string }, root: string): Promise<void> {
  const target = resolve(dirname(link.path), link.target);
  if (!isInside(target, root)) throw unsafe(link.path.slice(root.length + 1));
  try {
    await mkdir(dirname(link.path), { recursive: true });
    await symlink(link.target, link.path);
  } catch (error) {
    if (isConflict(error)) throw unreadable();
    throw error;
  }
}

/** A link through another link may lead out although its text does not. */
async function checkLink(path: string, root: string): Promise<void> {
  let target: string;
  try {
    target = await realpath(path);
  } catch {
    return; // It leads nowhere, which a zip may do.
  }
  if (!isInside(target, root)) throw unsafe(path.slice(root.length + 1));
}

function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(root + sep);
}

function limited(content: Readable, budget: { bytes: number }): Readable {
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      budget.bytes -= chunk.length;
      if (budget.bytes >= 0) done(null, chunk);
      else {
        done(new BadZipError(`Unzipped size must be smaller than ${UNPACKED_BYTES_MAX} bytes`));
      }
    },
  });
  content.on("error", (error) => counter.destroy(error));
  return content.pipe(counter);
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

/** The disk's own refusals pass through; what else goes wrong while inflating is the zip's fault. */
function asBadZip(error: unknown): never {
  if (error instanceof BadZipError) throw error;
  const isDisk = error instanceof Error && "syscall" in error;
  throw isDisk ? error : unreadable(error);
}

function isConflict(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "EEXIST" || code === "EISDIR" || code === "ENOTDIR";
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
