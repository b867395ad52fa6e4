import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

/** A zip with these files, in this order. */
export async function zipOf(files: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const zip = new ZipFile();
  for (const [name, text] of Object.entries(files)) zip.addBuffer(Buffer.from(text), name);
  zip.end();
  return buffer(zip.outputStream);
}

/**
 * Renames a file inside a zip's bytes to a name of the same length: the only way to a name that the
 * library that wrote it refuses.
 */
export function renameInZip(zip: Uint8Array, from: string, to: string): Uint8Array {
  if (from.length !== to.length) throw new RangeError("both names must be of one length");
  const bytes = Buffer.from(zip);
  for (let at = bytes.indexOf(from); at !== -1; at = bytes.indexOf(from, at + 1)) {
    bytes.write(to, at, "latin1");
  }
  return bytes;
}
