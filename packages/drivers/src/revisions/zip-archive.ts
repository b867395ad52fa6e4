import { RolloutError } from "@headgate/core";
import { fromBufferPromise, validateFileName } from "yauzl";

export interface ZipListing {
  /** Names of files, not of folders, in the archive's order. */
  readonly files: readonly string[];
  /** What the archive says its files unpack to. */
  readonly unzippedBytes: number;
}

/**
 * Reads the archive's directory and refuses what must not be unpacked.
 * @throws {RolloutError} REVISION_INVALID
 */
export async function listZip(path: string, zip: Uint8Array): Promise<ZipListing> {
  if (zip.byteLength === 0) throw invalid(path, "the file is empty");
  const files: string[] = [];
  let unzippedBytes = 0;
  for (const { fileName, uncompressedSize, generalPurposeBitFlag } of await entriesOf(path, zip)) {
    const unsafe = validateFileName(fileName.replaceAll("\\", "/"));
    if (unsafe !== null) throw invalid(path, `${unsafe}; every path must stay inside the package`);
    if ((generalPurposeBitFlag & 1) === 1) throw invalid(path, `"${fileName}" is encrypted`);
    unzippedBytes += uncompressedSize;
    if (!fileName.endsWith("/")) files.push(fileName);
  }
  if (files.length === 0) throw invalid(path, "the zip holds no files");
  return { files, unzippedBytes };
}

interface ZipEntry {
  readonly fileName: string;
  readonly uncompressedSize: number;
  readonly generalPurposeBitFlag: number;
}

async function entriesOf(path: string, zip: Uint8Array): Promise<ZipEntry[]> {
  try {
    // Names are decoded here and checked by the caller: the library would stop at the first bad one
    // with a text of its own.
    const bytes = Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength);
    const archive = await fromBufferPromise(bytes, { lazyEntries: true, decodeStrings: false });
    const entries: ZipEntry[] = [];
    for await (const entry of archive.eachEntry()) {
      entries.push({
        fileName: entry.fileNameRaw.toString("utf8"),
        uncompressedSize: entry.uncompressedSize,
        generalPurposeBitFlag: entry.generalPurposeBitFlag,
      });
    }
    return entries;
  } catch (error) {
    throw invalid(path, error instanceof Error ? error.message : String(error));
  }
}

function invalid(path: string, what: string): RolloutError {
  return new RolloutError("REVISION_INVALID", `${path} cannot be deployed: ${what}`, {
    hint: "Build the zip again from inside the function's folder.",
  });
}
