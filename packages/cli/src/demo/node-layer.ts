import { RolloutError } from "@headgate/core/errors";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { type Pack, pack } from "tar-stream";
import type { BaseLayer } from "../images/push-folder.ts";

/**
 * The Node.js that runs this, with the libraries it was linked to, as the lowest layer of an image: what a container
 * engine needs, and no public registry is asked for. A plain tar of some 130 MB.
 *
 * @param path where the archive goes.
 * @throws {RolloutError} LOCAL_CLOUD where this machine's programs do not run in a container.
 */
export async function nodeLayer(path: string): Promise<BaseLayer> {
  if (process.platform !== "linux") {
    throw new RolloutError(
      "LOCAL_CLOUD",
      `the demo's containers run this machine's own Node.js, and that of ${process.platform} runs in none`,
      { hint: "Leave HEADGATE_TASKS out: the demo then runs local processes." },
    );
  }
  const tar = pack();
  await Promise.all([fill(tar), pipeline(tar, createWriteStream(path))]);
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  const digest = `sha256:${hash.digest("hex")}`;
  return {
    mediaType: "application/vnd.oci.image.layer.v1.tar",
    digest,
    // It is stored as it is.
    diffId: digest,
    sizeBytes: (await stat(path)).size,
    files: 0,
    path,
  };
}

async function fill(tar: Pack): Promise<void> {
  await add(tar, "usr/local/bin/node", process.execPath);
  for (const library of await librariesOf(process.execPath)) {
    await add(tar, library.slice(1), library);
  }
  tar.entry({ name: "tmp", type: "directory", mode: 0o1777 });
  tar.finalize();
}

/** The absolute paths in ldd's answer: "libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x...)". */
async function librariesOf(program: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)("ldd", [await realpath(program)]);
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].flatMap(([, path]) => path ?? []);
}

async function add(tar: Pack, name: string, source: string): Promise<void> {
  const { size } = await stat(source);
  await pipeline(createReadStream(source), tar.entry({ name, size, mode: 0o755 }));
}
