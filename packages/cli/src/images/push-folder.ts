import { RolloutError } from "@headgate/core/errors";
import { openAsBlob } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Layer, packFolder } from "./folder-layer.ts";
import { imageDocuments, type ImageSettings } from "./image-documents.ts";
import { pushBlob, pushManifest, type Registry } from "./registry-push.ts";

/** A layer that lies below the folder's, as a file. */
export type BaseLayer = Layer & { readonly path: string };

export interface FolderImage {
  readonly cloud: { readonly url: string; readonly region: string };
  readonly folder: string;
  /** Made when it is missing. */
  readonly repository: string;
  readonly tag: string;
  readonly settings: ImageSettings;
  readonly signal: AbortSignal;
  readonly base?: BaseLayer | undefined;
  readonly onPacked?: (layer: Layer) => void;
}

export interface PushedImage {
  /** As a task definition names it: "127.0.0.1:4566/shop:v1". */
  readonly image: string;
  /** The manifest's. */
  readonly digest: string;
  readonly layer: Layer;
}

/**
 * Makes an image of a folder and pushes it to the local cloud's registry.
 * @throws {RolloutError} USAGE for a folder that cannot be packed, LOCAL_CLOUD
 */
export async function pushFolder(wanted: FolderImage): Promise<PushedImage> {
  const { cloud, folder, repository, tag, settings, signal, base } = wanted;
  const scratch = await mkdtemp(join(tmpdir(), "headgate-image-"));
  try {
    const target = join(scratch, "layer.tar.gz");
    const layer = await packFolder(folder, { prefix: settings.workdir.slice(1), target });
    wanted.onPacked?.(layer);
    const { uri, token } = await openRepository({ ...cloud, repository });
    const registry: Registry = { url: cloud.url, repository, token, signal };
    const layers = [...(base === undefined ? [] : [base]), { ...layer, path: target }];
    const { config, manifest } = imageDocuments(layers, settings);
    for (const { digest, path } of layers) {
      await pushBlob(registry, digest, await openAsBlob(path));
    }
    await pushBlob(registry, config.digest, new Blob([config.text]));
    await pushManifest(registry, tag, manifest);
    return { image: `${uri}:${tag}`, digest: manifest.digest, layer };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The repository, made when it is missing, and a password for it. */
async function openRepository({
  url,
  region,
  repository,
}: FolderImage["cloud"] & { readonly repository: string }): Promise<{
  readonly uri: string;
  readonly token: string;
}> {
  const { ECR, RepositoryNotFoundException } = await import("@aws-sdk/client-ecr");
  const hasKey = Boolean(process.env["AWS_ACCESS_KEY_ID"]);
  const ecr = new ECR({
    endpoint: url,
    region,
    ...(!hasKey && { credentials: { accessKeyId: "test", secretAccessKey: "test" } }),
  });
  try {
    const found = await ecr
      .describeRepositories({ repositoryNames: [repository] })
      .catch((error: unknown) => {
        if (error instanceof RepositoryNotFoundException) return undefined;
        throw error;
      });
    const made =
      found?.repositories?.[0] ??
      (await ecr.createRepository({ repositoryName: repository })).repository;
    const { authorizationData } = await ecr.getAuthorizationToken({});
    return {
      uri: made?.repositoryUri ?? repository,
      token: authorizationData?.[0]?.authorizationToken ?? "",
    };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RolloutError("LOCAL_CLOUD", `cannot open the repository ${repository}: ${why}`, {
      hint: "Names have lower-case letters and digits, with . _ - and / between.",
      cause,
    });
  } finally {
    ecr.destroy();
  }
}
