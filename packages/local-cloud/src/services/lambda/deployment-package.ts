import { createHash } from "node:crypto";
import { fromBuffer } from "yauzl";
import { badZip, invalidParameter, requestEntityTooLarge } from "./errors.ts";
import { UNZIPPED_MAX_BYTES, ZIP_MAX_BYTES } from "./limits.ts";

/** A function's code: a stored zip. */
export interface Code {
  /** Names the blob. */
  readonly sha256Hex: string;
  /** The same digest as AWS shows it. */
  readonly sha256Base64: string;
  readonly sizeBytes: number;
}

/**
 * Checks an uploaded zip without unpacking it.
 *
 * @throws AWS's errors: too large packed or unpacked, empty, unreadable, or with an entry whose path is
 * absolute or leads out of the folder.
 */
export async function checkZip(bytes: Uint8Array): Promise<void> {
  if (bytes.byteLength > ZIP_MAX_BYTES) {
    throw requestEntityTooLarge(`Zipped size must be smaller than ${ZIP_MAX_BYTES} bytes`);
  }
  if (bytes.byteLength === 0) throw invalidParameter("Uploaded file must be a non-empty zip");
  const { entries, unpackedBytes } = await measure(bytes);
  if (entries === 0) throw invalidParameter("Uploaded file must be a non-empty zip");
  if (unpackedBytes > UNZIPPED_MAX_BYTES) {
    throw invalidParameter(`Unzipped size must be smaller than ${UNZIPPED_MAX_BYTES} bytes`);
  }
}

export function codeOf(bytes: Uint8Array): Code {
  const digest = createHash("sha256").update(bytes).digest();
  return {
    sha256Hex: digest.toString("hex"),
    sha256Base64: digest.toString("base64"),
    sizeBytes: bytes.byteLength,
  };
}

/** Reads the directory of the zip. yauzl itself refuses absolute paths and `..`. */
function measure(bytes: Uint8Array): Promise<{ entries: number; unpackedBytes: number }> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new Promise((resolve, reject) => {
    fromBuffer(buffer, { lazyEntries: true }, (error, zip) => {
      if (error !== null || zip === undefined) {
        reject(badZip());
        return;
      }
      let unpackedBytes = 0;
      zip.on("error", () => reject(badZip()));
      zip.on("end", () => resolve({ entries: zip.entryCount, unpackedBytes }));
      zip.on("entry", (entry: { readonly uncompressedSize: number }) => {
        unpackedBytes += entry.uncompressedSize;
        zip.readEntry();
      });
      zip.readEntry();
    });
  });
}
