import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { RolloutError } from "@headgate/core";
import { zipFolder } from "./folder.ts";
import { listZip } from "./zip-archive.ts";

/** Where a new version's code comes from. Paths are absolute or relative to the working directory. */
export type Revision =
  | { readonly kind: "zip"; readonly path: string }
  | { readonly kind: "folder"; readonly path: string }
  /** A version of the function that is already published: "7". */
  | { readonly kind: "version"; readonly version: string };

/** A deployment package that AWS can be expected to take. */
export interface CodePackage {
  /** For messages: "dist/function.zip". */
  readonly path: string;
  readonly zip: Uint8Array;
  /** As Lambda's CodeSha256: base64 of the SHA-256 of the zip. */
  readonly codeSha256: string;
  /** Names of the files in the zip, with forward slashes. */
  readonly files: readonly string[];
}

/** The largest zip that UpdateFunctionCode takes in the request. Source: AWS docs, gettingstarted-limits. */
export const ZIP_MAX_BYTES = 50 * 1024 * 1024;
/** The most that a zip may unpack to, layers included. Source: AWS docs, gettingstarted-limits. */
export const UNZIPPED_MAX_BYTES = 250 * 1024 * 1024;

/**
 * Reads a zip file, or zips a folder, and checks what AWS would refuse or what could never run.
 * @throws {RolloutError} REVISION_NOT_FOUND when the path holds no such thing, REVISION_INVALID.
 */
export async function loadCodePackage(
  revision: Extract<Revision, { readonly path: string }>,
): Promise<CodePackage> {
  const { kind, path } = revision;
  await mustBe(kind, path);
  const zip = kind === "folder" ? await zipFolder(path) : await readFile(path);
  if (zip.byteLength > ZIP_MAX_BYTES) {
    throw new RolloutError(
      "REVISION_INVALID",
      `${path}: the zip is ${megabytes(zip.byteLength)}; Lambda takes at most ${megabytes(ZIP_MAX_BYTES)} directly`,
      { hint: "Leave out what the function does not need, or move libraries to a layer." },
    );
  }
  const { files, unzippedBytes } = await listZip(path, zip);
  if (unzippedBytes > UNZIPPED_MAX_BYTES) {
    throw new RolloutError(
      "REVISION_INVALID",
      `${path}: it unpacks to ${megabytes(unzippedBytes)}; Lambda takes at most ${megabytes(UNZIPPED_MAX_BYTES)}`,
      { hint: "Leave out what the function does not need." },
    );
  }
  const codeSha256 = createHash("sha256").update(zip).digest("base64");
  return { path, zip, codeSha256, files };
}

async function mustBe(kind: "zip" | "folder", path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  const noun = kind === "zip" ? "zip file" : "folder";
  if (found === undefined) {
    throw new RolloutError("REVISION_NOT_FOUND", `there is no ${noun} ${path}`, {
      hint: "Build the function first, or correct the revision's path.",
    });
  }
  if (kind === "folder" ? !found.isDirectory() : !found.isFile()) {
    throw new RolloutError("REVISION_INVALID", `${path} is not a ${noun}`, {
      hint: "A zip file is named with `zip:`, a folder with `folder:`.",
    });
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
