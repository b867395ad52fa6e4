import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { type Headers, pack } from "tar-stream";
import type { RunnableImage } from "../../src/data-plane/tasks/task-runtime.ts";

/** A member of a layer: a file's text, or a header of tar with a file's text. */
export type LayerMember = string | (Omit<Headers, "name"> & { readonly text?: string });

/** By path, in the order they are in the archive. */
export type LayerFiles =
  | Readonly<Record<string, LayerMember>>
  | readonly (readonly [string, LayerMember])[];

export type Layer = RunnableImage["layers"][number] & {
  /** The digest of the plain tar. */
  readonly diffId: string;
};

const TYPES = {
  plain: "application/vnd.oci.image.layer.v1.tar",
  gzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  zstd: "application/vnd.oci.image.layer.v1.tar+zstd",
};

/** Makes a layer of these files. */
export async function layerOf(
  files: LayerFiles,
  compression: keyof typeof TYPES = "gzip",
): Promise<Layer> {
  const tar = pack();
  const members: readonly (readonly [string, LayerMember])[] = isList(files)
    ? files
    : Object.entries(files);
  for (const [name, member] of members) {
    const { text = "", ...header } = typeof member === "string" ? { text: member } : member;
    tar.entry({ name, mode: 0o755, ...header }, text);
  }
  tar.finalize();
  const bytes = await buffer(tar);
  const packed = {
    plain: () => bytes,
    gzip: () => gzipSync(bytes),
    zstd: () => zstdCompressSync(bytes),
  };
  const stored = packed[compression]();
  return {
    digest: digestOf(stored),
    diffId: digestOf(bytes),
    mediaType: TYPES[compression],
    sizeBytes: stored.length,
    open: () => Readable.from([stored]),
  };
}

function isList(files: LayerFiles): files is readonly (readonly [string, LayerMember])[] {
  return Array.isArray(files);
}

/** What an image says of its containers, in the configuration's own words. */
export interface ImageSettings {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  readonly WorkingDir?: string;
  readonly StopSignal?: string;
}

/** An image of these layers, the lowest first. */
export function imageOf(layers: readonly Layer[], settings: ImageSettings = {}): RunnableImage {
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      config: settings,
      rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    }),
  );
  return {
    // As a manifest's would, it changes with whatever is in the image.
    digest: digestOf(JSON.stringify([config.toString(), layers.map(({ digest }) => digest)])),
    config: async () => config,
    layers,
  };
}

function digestOf(bytes: string | Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
