// Protects the machine from zips: nothing lands outside the function's folder, nothing grows past AWS's limit,
// and a refused zip leaves nothing behind.
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ZipFile } from "yazl";
import { BadZipError } from "../../../src/data-plane/function-workers/function-workers.ts";
import { UNPACKED_BYTES_MAX } from "../../../src/data-plane/function-workers/limits.ts";
import { unpackZip } from "../../../src/data-plane/function-workers/unpack.ts";
import { zipOf } from "../../support/worker-cloud.ts";

let parent: string;
let directory: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "headgate-unpack-"));
  directory = join(parent, "code");
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const LINK = 0o120777;

async function zipWithLinks(links: Record<string, string>, files: Record<string, string> = {}) {
  const zip = new ZipFile();
  for (const [name, target] of Object.entries(links)) {
    zip.addBuffer(Buffer.from(target), name, { mode: LINK });
  }
  for (const [name, text] of Object.entries(files)) zip.addBuffer(Buffer.from(text), name);
  zip.end();
  return buffer(zip.outputStream);
}

/** A zip's names can be changed in place: both of its copies of a name are plain bytes. */
function renamed(zip: Buffer, from: string, to: string): Buffer {
  expect(to).toHaveLength(from.length);
  return Buffer.from(zip.toString("latin1").replaceAll(from, to), "latin1");
}

async function refusal(zip: Uint8Array): Promise<string> {
  const error = await unpackZip(zip, directory).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BadZipError);
  // Neither the folder nor its partial form, and nothing beside it.
  expect(readdirSync(parent)).toEqual([]);
  return (error as BadZipError).message;
}

describe("unpackZip", () => {
  it("unpacks files, folders, modes and inner links", async () => {
    const zip = new ZipFile();
    zip.addEmptyDirectory("empty/");
    zip.addBuffer(Buffer.from("#!/bin/sh\n"), "bootstrap", { mode: 0o100755 });
    zip.addBuffer(Buffer.from("x = 1\n"), "lib/a.py", { mode: 0o100600 });
    zip.addBuffer(Buffer.from("a.py"), "lib/b.py", { mode: LINK });
    zip.end();
    await unpackZip(await buffer(zip.outputStream), directory);
    expect(readdirSync(directory).sort()).toEqual(["bootstrap", "empty", "lib"]);
    expect(statSync(join(directory, "bootstrap")).mode & 0o777).toBe(0o755);
    // Readable by all, as Lambda needs it.
    expect(statSync(join(directory, "lib/a.py")).mode & 0o777).toBe(0o644);
    expect(readlinkSync(join(directory, "lib/b.py"))).toBe("a.py");
    expect(readFileSync(join(directory, "lib/b.py"), "utf8")).toBe("x = 1\n");
    expect(readdirSync(parent)).toEqual(["code"]);
  });

  it.each(["../evil.py", "/etc/evil.p", "a/../../b.p", "..\\evil.py_"])(
    "refuses the name %s",
    async (name) => {
      const harmless = "a".repeat(name.length);
      expect(await refusal(renamed(await zipOf({ [harmless]: "" }), harmless, name))).toMatch(
        /^Could not unzip uploaded file/,
      );
    },
  );

  it.each<[string, Record<string, string>]>([
    ["to an absolute path", { secret: "/etc/passwd" }],
    ["that climbs out", { "lib/secret": "../../outside" }],
    ["that climbs out through another link", { "sub/up": "..", "sub/out": "up/../outside" }],
  ])("refuses a link %s", async (_title, links) => {
    expect(await refusal(await zipWithLinks(links, { "sub/a": "" }))).toMatch(
      /^Could not unzip uploaded file: .* leads outside of the function's folder\.$/,
    );
    writeFileSync(join(parent, "outside"), "");
    await expect(unpackZip(await zipWithLinks(links), directory)).rejects.toThrow("leads outside");
  });

  it("refuses a file below a link, which could be written elsewhere", async () => {
    expect(await refusal(await zipWithLinks({ lib: "." }, { "lib/a.py": "" }))).toMatch(
      /^Could not unzip uploaded file/,
    );
  });

  it("refuses what is no zip, is cut short or was damaged", async () => {
    const text = "Could not unzip uploaded file. Please check your file, then try to upload again.";
    expect(await refusal(Buffer.from("no zip"))).toBe(text);
    const zip = await zipOf({ "app.py": "x = 1\n".repeat(1000) });
    expect(await refusal(zip.subarray(0, zip.length - 30))).toBe(text);
    const damaged = Buffer.from(zip);
    damaged.fill(0xff, 50, 70);
    expect(await refusal(damaged)).toBe(text);
  });

  it("stops inflating at AWS's limit", async () => {
    const zip = new ZipFile();
    const megabyte = Buffer.alloc(1024 * 1024);
    const chunks = UNPACKED_BYTES_MAX / megabyte.length + 1;
    zip.addReadStream(Readable.from(Array.from({ length: chunks }, () => megabyte)), "zeros");
    zip.end();
    const bytes = await buffer(zip.outputStream);
    expect(bytes.length).toBeLessThan(1024 * 1024);
    expect(await refusal(bytes)).toBe("Unzipped size must be smaller than 262144000 bytes");
  });
});
