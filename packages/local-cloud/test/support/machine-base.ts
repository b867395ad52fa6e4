import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, realpath, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { type Pack, pack } from "tar-stream";
import type { Layer } from "./runnable-image.ts";

/** A layer as a file. */
export interface MachineBase extends Layer {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * The lowest layer of an image in which this machine's `node` (the one that runs the tests) and `/bin/sh` can be
 * run, with the libraries they need: a base image without a public registry. A plain tar of some 130 MB. Linux only.
 */
export async function machineBase(): Promise<MachineBase> {
  const folder = await mkdtemp(join(tmpdir(), "headgate-base-"));
  const path = join(folder, "base.tar");
  const tar = pack();
  await Promise.all([fill(tar), pipeline(tar, createWriteStream(path))]);
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  const digest = `sha256:${hash.digest("hex")}`;
  return {
    digest,
    // It is stored as it is.
    diffId: digest,
    mediaType: "application/vnd.oci.image.layer.v1.tar",
    open: () => createReadStream(path),
    path,
    sizeBytes: (await stat(path)).size,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function fill(tar: Pack): Promise<void> {
  const programs = { "usr/local/bin/node": process.execPath, "bin/sh": "/bin/sh" };
  const files = new Map<string, string>(Object.entries(programs));
  for (const program of Object.values(programs)) {
    for (const library of await librariesOf(program)) files.set(library.slice(1), library);
  }
  for (const [name, source] of files) await add(tar, name, await realpath(source));
  tar.entry({ name: "etc/passwd" }, "root:x:0:0:root:/root:/bin/sh\n");
  tar.entry({ name: "tmp", type: "directory", mode: 0o1777 });
  tar.finalize();
}

/** The absolute paths in ldd's answer: "libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x...)". */
async function librariesOf(program: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)("ldd", [await realpath(program)]);
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].flatMap(([, path]) => path ?? []);
}

async function add(tar: Pack, name: string, source: string): Promise<void> {
  const { size } = await stat(source);
  const entry = tar.entry({ name, size, mode: 0o755 });
  await pipeline(createReadStream(source), entry);
}
