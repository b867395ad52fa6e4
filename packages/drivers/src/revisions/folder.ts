import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { RolloutError } from "@headgate/core";
import { ZipFile } from "yazl";
import { mustFitUnzipped } from "./limits.ts";

/**
 * Left out of every package, at any depth: what tools leave behind and no runtime reads.
 * node_modules is kept, for Node functions import from it.
 */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ".DS_Store",
  ".git",
  ".headgate",
  ".hg",
  ".mypy_cache",
  ".pytest_cache",
  ".svn",
  ".venv",
  "__pycache__",
  // Else a change of the plan would be a change of the code.
  "headgate.yaml",
  "venv",
]);

/** The earliest time a zip can hold. A fixed one, so that a rebuild of the same files is the same package. */
const ZIP_EPOCH = new Date(1980, 0, 1);
const PLAIN = 0o100644;
const EXECUTABLE = 0o100755;

/**
 * Zips a folder so that the same files give the same bytes, and so the same CodeSha256, on any
 * machine: names sorted by their bytes, one fixed time, modes 644 or 755. Links are followed.
 * @throws {RolloutError} REVISION_INVALID when the folder is empty or too large, or a link leads nowhere
 * or in a circle.
 */
export async function zipFolder(root: string): Promise<Uint8Array> {
  const files = await filesIn(root, "", [await realpath(root)]);
  if (files.length === 0) {
    throw new RolloutError("REVISION_INVALID", `the folder ${root} holds no files to deploy`, {
      hint: `Left out everywhere: ${[...LEFT_OUT].join(", ")}.`,
    });
  }
  mustFitUnzipped(
    root,
    files.reduce((total, { bytes }) => total + bytes, 0),
  );
  const zip = new ZipFile();
  for (const { name, isExecutable } of files.sort(byName)) {
    zip.addBuffer(await readFile(join(root, name)), name, {
      mtime: ZIP_EPOCH,
      mode: isExecutable ? EXECUTABLE : PLAIN,
      // The other form of time depends on the machine's time zone.
      forceDosTimestamp: true,
    });
  }
  zip.end();
  return buffer(zip.outputStream);
}

interface FoundFile {
  /** Relative to the root, with forward slashes. */
  readonly name: string;
  readonly isExecutable: boolean;
  readonly bytes: number;
}

/** @param above the real paths of the folders above, to notice a link that leads back into one. */
async function filesIn(
  root: string,
  prefix: string,
  above: readonly string[],
): Promise<FoundFile[]> {
  const files: FoundFile[] = [];
  for (const entry of await readdir(join(root, prefix))) {
    if (LEFT_OUT.has(entry)) continue;
    const name = prefix === "" ? entry : `${prefix}/${entry}`;
    const path = join(root, name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) throw badLink(path, "leads nowhere");
    if (found.isDirectory()) {
      const real = await realpath(path);
      if (above.includes(real)) throw badLink(path, "leads back into its own folder");
      files.push(...(await filesIn(root, name, [...above, real])));
    } else if (found.isFile()) {
      files.push({ name, isExecutable: (found.mode & 0o100) !== 0, bytes: found.size });
    }
  }
  return files;
}

function byName(left: FoundFile, right: FoundFile): number {
  return Buffer.compare(Buffer.from(left.name), Buffer.from(right.name));
}

function badLink(path: string, what: string): RolloutError {
  return new RolloutError("REVISION_INVALID", `${path}: the link ${what}`, {
    hint: "Remove the link, or deploy a zip.",
  });
}
