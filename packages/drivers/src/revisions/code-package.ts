import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { RolloutError } from "@headgate/core";
import { zipFolder } from "./folder.ts";
import { mustFitUnzipped, mustFitZipped } from "./limits.ts";
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

/**
 * Reads a zip file, or zips a folder, and checks what AWS would refuse or what could never run.
 * @throws {RolloutError} REVISION_NOT_FOUND when the path holds no such thing, REVISION_INVALID.
 */
export async function loadCodePackage(
  revision: Extract<Revision, { readonly path: string }>,
): Promise<CodePackage> {
  const { kind, path } = revision;
  const found = await mustBe(kind, path);
  // Before it is read: what is named may be anything.
  if (kind === "zip") mustFitZipped(path, found.size);
  const zip = await (kind === "folder" ? zipFolder(path) : readFile(path)).catch(refuse(path));
  mustFitZipped(path, zip.byteLength);
  const { files, unzippedBytes } = await listZip(path, zip);
  mustFitUnzipped(path, unzippedBytes);
  const codeSha256 = createHash("sha256").update(zip).digest("base64");
  return { path, zip, codeSha256, files };
}

async function mustBe(kind: "zip" | "folder", path: string): Promise<Stats> {
  const found = await stat(path).catch((error: unknown) =>
    isMissing(error) ? undefined : refuse(path)(error),
  );
  const noun = kind === "zip" ? "zip file" : "folder";
  if (found === undefined) {
    throw new RolloutError("REVISION_NOT_FOUND", `there is no ${noun} ${path}`, {
      hint: "Build the function first, or correct the revision's path.",
    });
  }
  if (kind === "folder" ? found.isDirectory() : found.isFile()) return found;
  throw new RolloutError("REVISION_INVALID", `${path} is not a ${noun}`, {
    hint: "A zip file is named with `zip:`, a folder with `folder:`.",
  });
}

/** What the disk refuses is the user's to mend: a permission, a link that leads back to itself. */
function refuse(path: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new RolloutError("REVISION_INVALID", `${path} cannot be read: ${error.message}`, {
      hint: "Look at its permissions and links, or deploy another package.",
      cause: error,
    });
  };
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    (error.code === "ENOENT" || error.code === "ENOTDIR")
  );
}
