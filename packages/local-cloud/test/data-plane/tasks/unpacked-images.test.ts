import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BadImageError } from "../../../src/data-plane/tasks/images/inside-root.ts";
import {
  type UnpackedImage,
  UnpackedImages,
} from "../../../src/data-plane/tasks/images/unpacked-images.ts";
import { imageOf, type LayerFiles, layerOf } from "../../support/runnable-image.ts";

// Protects the machine from images: layers lie over each other as the OCI image spec says, and nothing that an
// image holds is written or linked outside of its folder.

let directory: string;
let outside: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "headgate-images-"));
  outside = join(directory, "outside.txt");
  writeFileSync(outside, "untouched");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const images = () => new UnpackedImages(join(directory, "images"));

async function unpack(...layers: readonly LayerFiles[]): Promise<UnpackedImage> {
  return images().get(imageOf(await Promise.all(layers.map((files) => layerOf(files)))));
}

const read = ({ root }: UnpackedImage, path: string) => readFileSync(join(root, path), "utf8");

describe("layers", () => {
  it.each(["plain", "gzip", "zstd"] as const)("unpacks %s", async (compression) => {
    const layer = await layerOf({ "app/a.txt": "a" }, compression);
    expect(read(await images().get(imageOf([layer])), "app/a.txt")).toBe("a");
  });

  it("unpacks an image once", async () => {
    let opened = 0;
    const layer = await layerOf({ "a.txt": "a" });
    const counted = {
      ...layer,
      open: () => {
        opened++;
        return layer.open();
      },
    };
    const store = images();
    const image = imageOf([counted]);
    const [one, other] = await Promise.all([store.get(image), store.get(image)]);
    expect(one).toBe(other);
    expect(opened).toBe(1);
  });

  it("lays upper layers over lower ones, whatever kind of file was there", async () => {
    const image = await unpack(
      { "app/a": "1", "app/was-folder/in": "1", "app/was-file": "1", "app/kept": "1" },
      {
        "app/a": "2",
        "app/was-folder": "file",
        "app/was-file": { type: "directory" },
        "app/was-file/in": "folder",
      },
    );
    expect(
      ["a", "was-folder", "was-file/in", "kept"].map((name) => read(image, `app/${name}`)),
    ).toEqual(["2", "file", "folder", "1"]);
  });

  it("takes away what whiteouts name, and nothing of their own layer", async () => {
    const image = await unpack(
      { "app/gone": "1", "app/folder/gone": "1", "data/old": "1", "data/deep/old": "1" },
      {
        "app/.wh.gone": "",
        "app/.wh.folder": "",
        "data/new": "2",
        "data/deep/new": "2",
        "data/.wh..wh..opq": "",
      },
    );
    expect(readdirSync(join(image.root, "app"))).toEqual([]);
    const left = readdirSync(join(image.root, "data"), { recursive: true, encoding: "utf8" });
    expect(new Set(left)).toEqual(new Set(["deep", "deep/new", "new"]));
  });

  it("keeps links inside: absolute ones start at the image's root, hard ones share the file", async () => {
    const image = await unpack({
      "usr/bin/tool": "tool",
      bin: { type: "symlink", linkname: "usr/bin" },
      "opt/tool": { type: "symlink", linkname: "/usr/bin/tool" },
      "opt/hard": { type: "link", linkname: "bin/tool" },
      "opt/dangling": { type: "symlink", linkname: "/etc/no-such-file" },
      "bin/through": "written through the link",
    });
    expect(read(image, "opt/tool")).toBe("tool");
    expect(realpathSync(join(image.root, "opt/tool"))).toBe(join(image.root, "usr/bin/tool"));
    expect(read(image, "opt/hard")).toBe("tool");
    expect(read(image, "usr/bin/through")).toBe("written through the link");
    expect(lstatSync(join(image.root, "opt/dangling")).isSymbolicLink()).toBe(true);
  });

  it("leaves devices and pipes out", async () => {
    const image = await unpack({
      "dev/null": { type: "character-device" },
      "run/pipe": { type: "fifo" },
      a: "a",
    });
    expect(existsSync(join(image.root, "dev/null"))).toBe(false);
    expect(existsSync(join(image.root, "run/pipe"))).toBe(false);
  });
});

describe("what an image must not do", () => {
  const link = (linkname: string) => ({ type: "symlink" as const, linkname });

  it.each<[string, LayerFiles]>([
    ["a path that climbs", { "../../outside.txt": "x" }],
    ["a path that climbs from within", { "a/../../../outside.txt": "x" }],
    ["a link that climbs", { "a/out": link("../../../outside.txt") }],
    ["a write through a link that climbs", { out: link("../.."), "out/outside.txt": "x" }],
    ["a hard link that climbs", { "out.txt": { type: "link", linkname: "../../outside.txt" } }],
    ["a hard link to nothing", { "out.txt": { type: "link", linkname: "etc/passwd" } }],
    [
      "a link that climbs by way of another",
      { "deep/er/up": link("/"), out: link("deep/er/up/../../outside.txt") },
    ],
    ["a ring of links", { a: link("b"), b: link("a") }],
  ])("refuses %s", async (_what, files) => {
    await expect(unpack(files)).rejects.toThrow(BadImageError);
    expect(readFileSync(outside, "utf8")).toBe("untouched");
    expect(readdirSync(join(directory, "images"))).toEqual([]);
  });

  it("reads an absolute path as one of the image", async () => {
    const image = await unpack({ [outside]: "inside" });
    expect(readFileSync(outside, "utf8")).toBe("untouched");
    expect(read(image, outside)).toBe("inside");
  });

  it("refuses a folder where a lower layer has a file", async () => {
    await expect(unpack({ a: "file" }, { "a/b": "x" })).rejects.toThrow(BadImageError);
  });

  it("refuses a layer that is none, and one of a kind that it cannot unpack", async () => {
    const layer = await layerOf({ a: "a" });
    const broken = { ...layer, mediaType: "application/vnd.oci.image.layer.v1.tar+zstd" };
    await expect(images().get(imageOf([broken]))).rejects.toThrow(/cannot be unpacked/);
    const unknown = { ...layer, mediaType: "application/vnd.example.squashfs" };
    await expect(images().get(imageOf([unknown]))).rejects.toThrow(/squashfs/);
  });
});
