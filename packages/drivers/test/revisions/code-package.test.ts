// Protects what is uploaded: the same files give the same bytes, and what AWS would refuse, or must
// never be unpacked, is refused here first.
import { createHash } from "node:crypto";
import { mkdir, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadCodePackage } from "../../src/revisions/code-package.ts";
import { UNZIPPED_MAX_BYTES, ZIP_MAX_BYTES } from "../../src/revisions/limits.ts";
import { expectError } from "../support/expect-error.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { renameInZip, zipOf } from "../support/zip.ts";

async function zipFile(bytes: Uint8Array): Promise<string> {
  const path = join(await temporaryFolder({}), "function.zip");
  await writeFile(path, bytes);
  return path;
}

async function loadZip(bytes: Uint8Array) {
  return loadCodePackage({ kind: "zip", path: await zipFile(bytes) });
}

describe("a zip", () => {
  it("is taken as it is, with the hash Lambda shows", async () => {
    const bytes = await zipOf({ "app.py": "def handler(event, context): pass" });
    const code = await loadZip(bytes);
    expect(Buffer.from(code.zip).equals(bytes)).toBe(true);
    expect(code.codeSha256).toBe(createHash("sha256").update(bytes).digest("base64"));
    expect(code.files).toEqual(["app.py"]);
  });

  it.each([
    ["a path that climbs out", "../evil.py"],
    ["an absolute path", "/etc/passwd"],
    ["a climb in Windows' spelling", String.raw`..\evil.py`],
  ])("with %s is refused", async (_, name) => {
    const plain = "a".repeat(name.length);
    const bytes = renameInZip(await zipOf({ [plain]: "x", "app.py": "" }), plain, name);
    const error = await expectError(loadZip(bytes), "REVISION_INVALID");
    expect(error.message).toContain("must stay inside the package");
  });

  it.each([
    ["no zip at all", Buffer.from("this is a text")],
    ["empty", Buffer.alloc(0)],
    ["a zip without files", Buffer.from("PK\x05\x06" + "\0".repeat(18), "latin1")],
  ])("that is %s is refused", async (_, bytes) => {
    const error = await expectError(loadZip(bytes), "REVISION_INVALID");
    expect(error.message).toContain("function.zip cannot be deployed");
  });

  it("that the disk does not give is refused with the disk's reason", async () => {
    const path = join(await temporaryFolder({}), "function.zip");
    await symlink("function.zip", path);
    const error = await expectError(loadCodePackage({ kind: "zip", path }), "REVISION_INVALID");
    expect(error.message).toContain("function.zip cannot be read: ELOOP");
  });

  it("cut off in the middle is refused", async () => {
    const bytes = await zipOf({ "app.py": "x".repeat(1000), "lib.py": "y".repeat(1000) });
    const cut = bytes.subarray(0, bytes.length - 30);
    const error = await expectError(loadZip(cut), "REVISION_INVALID");
    expect(error.message).toContain("cannot be deployed");
  });

  it("over the limit is refused with both numbers", async () => {
    const error = await expectError(loadZip(Buffer.alloc(ZIP_MAX_BYTES + 1)), "REVISION_INVALID");
    expect(error.message).toContain("50.0 MB");
  });

  it("that does not exist is not found", async () => {
    const path = join(await temporaryFolder({}), "missing.zip");
    const loaded = loadCodePackage({ kind: "zip", path });
    expect((await expectError(loaded, "REVISION_NOT_FOUND")).message).toContain(path);
  });

  it("that is a folder is refused", async () => {
    const path = await temporaryFolder({ "app.py": "" });
    const loaded = loadCodePackage({ kind: "zip", path });
    expect((await expectError(loaded, "REVISION_INVALID")).message).toContain("not a zip file");
  });
});

describe("a folder", () => {
  const FILES = { "b.py": "b", "a/z.py": "z", "a/b/c.py": "c", "B.py": "B" };

  it("gives the same bytes whenever and wherever it is zipped", async () => {
    const [here, there] = [await temporaryFolder(FILES), await temporaryFolder(FILES)];
    await utimes(join(there, "b.py"), 1, 1);
    const [one, other] = await Promise.all(
      [here, there].map((path) => loadCodePackage({ kind: "folder", path })),
    );
    expect(one?.codeSha256).toBe(other?.codeSha256);
    expect(one?.files).toEqual(["B.py", "a/b/c.py", "a/z.py", "b.py"]);
  });

  it("gives other bytes when a file, a name or an executable bit differs", async () => {
    const variants = [
      { "run.sh": "echo 1" },
      { "run.sh": "echo 2" },
      { "go.sh": "echo 1" },
      { "run.sh": { text: "echo 1", mode: 0o755 } },
    ];
    const hashes = new Set<string>();
    for (const files of variants) {
      const path = await temporaryFolder(files);
      hashes.add((await loadCodePackage({ kind: "folder", path })).codeSha256);
    }
    expect(hashes.size).toBe(variants.length);
  });

  it("does not depend on the file mode's other bits", async () => {
    const hashes = [0o644, 0o600, 0o664].map(async (mode) => {
      const path = await temporaryFolder({ "app.py": { text: "x", mode } });
      return (await loadCodePackage({ kind: "folder", path })).codeSha256;
    });
    expect(new Set(await Promise.all(hashes)).size).toBe(1);
  });

  it("leaves out what tools leave behind and keeps node_modules", async () => {
    const path = await temporaryFolder({
      "index.mjs": "",
      "node_modules/dep/index.js": "",
      ".git/HEAD": "",
      ".venv/bin/python": "",
      "lib/__pycache__/x.pyc": "",
      ".env": "",
    });
    const { files } = await loadCodePackage({ kind: "folder", path });
    expect(files).toEqual([".env", "index.mjs", "node_modules/dep/index.js"]);
  });

  it("follows links, but not in a circle", async () => {
    const path = await temporaryFolder({ "shared/lib.py": "lib", "app/main.py": "" });
    await symlink("../shared/lib.py", join(path, "app/lib.py"));
    const { files } = await loadCodePackage({ kind: "folder", path: join(path, "app") });
    expect(files).toEqual(["lib.py", "main.py"]);
    await symlink("..", join(path, "app/up"));
    const error = await expectError(loadCodePackage({ kind: "folder", path }), "REVISION_INVALID");
    expect(error.message).toContain("leads back into its own folder");
  });

  it("with a link that leads nowhere is refused", async () => {
    const path = await temporaryFolder({ "app.py": "" });
    await symlink("gone.py", join(path, "lib.py"));
    const loaded = loadCodePackage({ kind: "folder", path });
    expect((await expectError(loaded, "REVISION_INVALID")).message).toContain("leads nowhere");
  });

  it("over the limit is refused before it is read", async () => {
    const path = await temporaryFolder({ "app.py": "" });
    await truncate(join(path, "app.py"), UNZIPPED_MAX_BYTES + 1);
    const loaded = loadCodePackage({ kind: "folder", path });
    expect((await expectError(loaded, "REVISION_INVALID")).message).toContain("250.0 MB");
  });

  it("without files is refused", async () => {
    const path = await temporaryFolder({});
    await mkdir(join(path, "empty"));
    const loaded = loadCodePackage({ kind: "folder", path });
    expect((await expectError(loaded, "REVISION_INVALID")).message).toContain("holds no files");
  });
});
