import {
  CompleteLayerUploadCommand,
  CreateRepositoryCommand,
  ECRClient,
  InitiateLayerUploadCommand,
  PutImageCommand,
  UploadLayerPartCommand,
} from "@aws-sdk/client-ecr";
import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { type ImageSettings, imageOf, layerOf } from "../../support/runnable-image.ts";
import type { TestCloud } from "../../support/test-cloud.ts";

const REGISTRY = "000000000000.dkr.ecr.us-east-1.amazonaws.com";

/**
 * Pushes images of one layer to the repository "web", tagged "1", "2" and so on, as the root.
 *
 * @returns the names by which task definitions find them, and the layer's digest.
 */
export async function pushImages(
  cloud: TestCloud,
  files: Readonly<Record<string, string>>,
  versions: readonly ImageSettings[],
): Promise<{ readonly images: readonly string[]; readonly layerDigest: string }> {
  const ecr = cloud.client(ECRClient);
  const repositoryName = "web";
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  const upload = async (bytes: Buffer) => {
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const { uploadId } = await ecr.send(new InitiateLayerUploadCommand({ repositoryName }));
    await ecr.send(
      new UploadLayerPartCommand({
        repositoryName,
        uploadId,
        partFirstByte: 0,
        partLastByte: bytes.length - 1,
        layerPartBlob: bytes,
      }),
    );
    const layerDigests = [digest];
    await ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests }));
    return { digest, size: bytes.length };
  };
  const layer = await layerOf(files);
  const blob = await upload(await buffer(layer.open()));
  const images: string[] = [];
  for (const settings of versions) {
    const config = await upload(await imageOf([layer], settings).config());
    const imageTag = String(images.length + 1);
    await ecr.send(
      new PutImageCommand({
        repositoryName,
        imageTag,
        imageManifest: JSON.stringify({
          schemaVersion: 2,
          mediaType: "application/vnd.oci.image.manifest.v1+json",
          config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
          layers: [{ mediaType: layer.mediaType, ...blob }],
        }),
      }),
    );
    images.push(`${REGISTRY}/${repositoryName}:${imageTag}`);
  }
  return { images, layerDigest: blob.digest };
}
