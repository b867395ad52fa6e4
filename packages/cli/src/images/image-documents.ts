import { createHash } from "node:crypto";
import { arch } from "node:os";
import type { Layer } from "./folder-layer.ts";

/** As images call them, by Node's names. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };

/** What runs on this machine, in a container. */
export const OWN_PLATFORM = { os: "linux", architecture: ARCHITECTURES[arch()] ?? arch() } as const;

/** What a container started from the image does. */
export interface ImageSettings {
  readonly entrypoint: readonly string[];
  /** "NAME=value" */
  readonly environment: readonly string[];
  readonly workdir: string;
  readonly platform: { readonly os: string; readonly architecture: string };
}

/** JSON that is named by its digest: not a byte of it may change after this. */
export interface Document {
  readonly mediaType: string;
  readonly text: string;
  readonly digest: string;
}

const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The configuration and the manifest of an image with these layers, the lowest first. Nothing in them depends on when or
 * where they are made.
 * Source: OCI image spec 1.1, "Image Configuration" and "Image Manifest".
 */
export function imageDocuments(
  layers: readonly Pick<Layer, "digest" | "diffId" | "sizeBytes" | "mediaType">[],
  { entrypoint, environment, workdir, platform }: ImageSettings,
): { readonly config: Document; readonly manifest: Document } {
  const hasPath = environment.some((pair) => pair.startsWith("PATH="));
  const config = documentOf("application/vnd.oci.image.config.v1+json", {
    created: "1970-01-01T00:00:00Z",
    architecture: platform.architecture,
    os: platform.os,
    config: {
      Env: hasPath ? environment : [PATH, ...environment],
      ...(entrypoint.length > 0 && { Entrypoint: entrypoint }),
      WorkingDir: workdir,
    },
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({
      created: "1970-01-01T00:00:00Z",
      created_by: "headgate local image build",
    })),
  });
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = documentOf(mediaType, {
    schemaVersion: 2,
    mediaType,
    config: {
      mediaType: config.mediaType,
      digest: config.digest,
      size: Buffer.byteLength(config.text),
    },
    layers: layers.map(({ mediaType: type, digest, sizeBytes: size }) => ({
      mediaType: type,
      digest,
      size,
    })),
  });
  return { config, manifest };
}

function documentOf(mediaType: string, value: unknown): Document {
  const text = JSON.stringify(value);
  const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
  return { mediaType, text, digest };
}
