import {
  BatchCheckLayerAvailabilityCommand,
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CompleteLayerUploadCommand,
  DescribeImageScanFindingsCommand,
  DescribeImagesCommand,
  GetDownloadUrlForLayerCommand,
  InitiateLayerUploadCommand,
  ListImagesCommand,
  PutImageCommand,
  type PutImageCommandInput,
  PutImageTagMutabilityCommand,
  UploadLayerPartCommand,
} from "@aws-sdk/client-ecr";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  digestOf,
  type EcrCloud,
  manifestOf,
  OCI_INDEX,
  OCI_MANIFEST,
  pushImage,
  type Registry,
  registryClient,
  startEcrCloud,
  START_MS,
} from "./ecr-cloud.ts";

// Protects images: what the API puts, gets, tags and deletes is what the registry has, and tags move only where they may.

const repositoryName = "shop";
let cloud: EcrCloud;
let registry: Registry;
beforeEach(async () => {
  cloud = await startEcrCloud();
  await cloud.createRepository(repositoryName);
  registry = registryClient(cloud.url, await cloud.logIn());
});
afterEach(() => cloud.close());

const put = (imageManifest: string, more: Partial<PutImageCommandInput> = {}) =>
  cloud.ecr.send(new PutImageCommand({ repositoryName, imageManifest, ...more }));
const listed = async (tagStatus?: "TAGGED" | "UNTAGGED" | "ANY") => {
  const filter = tagStatus === undefined ? {} : { filter: { tagStatus } };
  const answer = await cloud.ecr.send(new ListImagesCommand({ repositoryName, ...filter }));
  return answer.imageIds;
};
const remove = (...imageIds: { imageDigest?: string; imageTag?: string }[]) =>
  cloud.ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds }));
const ABSENT = digestOf("absent");

describe("PutImage", () => {
  it("keeps a manifest whose layers are there, with its tag", async () => {
    const text = await manifestOf(registry, repositoryName, "one");
    const { image } = await put(text, { imageTag: "v1" });
    const imageId = { imageDigest: digestOf(text), imageTag: "v1" };
    expect(image).toMatchObject({ imageId, imageManifest: text });
    const { images, failures } = await cloud.ecr.send(
      new BatchGetImageCommand({
        repositoryName,
        imageIds: [{ imageTag: "v1" }, { imageTag: "x" }],
      }),
    );
    expect(images).toMatchObject([{ imageId, imageManifestMediaType: OCI_MANIFEST }]);
    expect(failures).toEqual([
      {
        imageId: { imageTag: "x" },
        failureCode: "ImageNotFound",
        failureReason: "Requested image not found",
      },
    ]);
  });

  it("refuses the same image and tag again, and moves a tag to another", async () => {
    const one = await manifestOf(registry, repositoryName, "one");
    const two = await manifestOf(registry, repositoryName, "two");
    await put(one, { imageTag: "v1" });
    await expect(put(one, { imageTag: "v1" })).rejects.toMatchObject({
      name: "ImageAlreadyExistsException",
      message: `Image with digest '${digestOf(one)}' and tag 'v1' already exists in the repository with name 'shop' in registry with id '000000000000'`,
    });
    await put(two, { imageTag: "v1" });
    expect(await listed()).toEqual([
      { imageDigest: digestOf(one) },
      { imageDigest: digestOf(two), imageTag: "v1" },
    ]);
    expect(await listed("TAGGED")).toHaveLength(1);
    expect(await listed("UNTAGGED")).toEqual([{ imageDigest: digestOf(one) }]);
  });

  it("does not move a tag that is immutable, unless it is excluded; nor does a push", async () => {
    await cloud.ecr.send(
      new PutImageTagMutabilityCommand({
        repositoryName,
        imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters: [{ filterType: "WILDCARD", filter: "dev*" }],
      }),
    );
    const one = await manifestOf(registry, repositoryName, "one");
    const two = await manifestOf(registry, repositoryName, "two");
    for (const imageTag of ["v1", "dev-1"]) await put(one, { imageTag });
    const message =
      "The image tag 'v1' already exists in the 'shop' repository and cannot be overwritten because the tag is immutable.";
    await expect(put(two, { imageTag: "v1" })).rejects.toMatchObject({
      name: "ImageTagAlreadyExistsException",
      message,
    });
    await put(two, { imageTag: "dev-1" });
    const push = await registry({
      method: "PUT",
      path: "/v2/shop/manifests/v1",
      headers: { "content-type": OCI_MANIFEST },
      body: two,
    });
    expect([push.status, push.json()]).toEqual([
      400,
      { errors: [{ code: "TAG_INVALID", message }] },
    ]);
  });

  it.each<[string, Partial<PutImageCommandInput>, string]>([
    ["under another digest", { imageDigest: ABSENT }, "ImageDigestDoesNotMatchException"],
    ["as another type", { imageManifestMediaType: OCI_INDEX }, "InvalidParameterException"],
    ["with a tag that is a path", { imageTag: "../v1" }, "InvalidParameterException"],
    ["that is no manifest", { imageManifest: "{}" }, "InvalidParameterException"],
    [
      "without its layers",
      {
        imageManifest: JSON.stringify({
          schemaVersion: 2,
          config: { digest: ABSENT, size: 1 },
          layers: [],
        }),
      },
      "LayersNotFoundException",
    ],
    [
      "without its images",
      {
        imageManifest: JSON.stringify({
          schemaVersion: 2,
          mediaType: OCI_INDEX,
          manifests: [{ digest: ABSENT, size: 1 }],
        }),
      },
      "ReferencedImagesNotFoundException",
    ],
    ["of no repository", { repositoryName: "other" }, "RepositoryNotFoundException"],
  ])("refuses an image %s", async (_what, more, name) => {
    const text = await manifestOf(registry, repositoryName, "one");
    await expect(put(text, more)).rejects.toMatchObject({ name });
    expect(await listed()).toEqual([]);
  });
});

describe("an image", () => {
  it("is described with its size, its tags and its pulls", async () => {
    const imageDigest = await pushImage(registry, repositoryName, { tag: "v1", layer: "12345" });
    await cloud.advance(60_000);
    const show = async () => {
      const imageIds = [{ imageTag: "v1" }];
      return cloud.ecr.send(new DescribeImagesCommand({ repositoryName, imageIds }));
    };
    const detail = {
      registryId: "000000000000",
      repositoryName,
      imageDigest,
      imageTags: ["v1"],
      imageSizeInBytes: 7,
      imagePushedAt: new Date(START_MS),
      imageManifestMediaType: OCI_MANIFEST,
      artifactMediaType: "application/vnd.oci.image.config.v1+json",
    };
    expect((await show()).imageDetails).toEqual([detail]);
    await registry({ path: "/v2/shop/manifests/v1" });
    expect((await show()).imageDetails).toEqual([
      { ...detail, lastRecordedPullTime: new Date(START_MS + 60_000) },
    ]);
  });

  it("that is not there is named as it was asked for", async () => {
    const imageIds = [{ imageTag: "v9" }];
    await expect(
      cloud.ecr.send(new DescribeImagesCommand({ repositoryName, imageIds })),
    ).rejects.toMatchObject({
      name: "ImageNotFoundException",
      message:
        "The image with imageId {imageDigest:'null', imageTag:'v9'} does not exist within the " +
        "repository with name 'shop' in the registry with id '000000000000'",
    });
  });

  it("has never been scanned, as there is no scanner", async () => {
    await pushImage(registry, repositoryName, { tag: "v1" });
    const imageId = { imageTag: "v1" };
    await expect(
      cloud.ecr.send(new DescribeImageScanFindingsCommand({ repositoryName, imageId })),
    ).rejects.toMatchObject({ name: "ScanNotFoundException" });
  });

  it("loses a tag, and goes with its last one or by its digest", async () => {
    const imageDigest = await pushImage(registry, repositoryName, { tag: "v1" });
    await pushImage(registry, repositoryName, { tag: "v2" });
    expect((await remove({ imageTag: "v1" })).imageIds).toEqual([{ imageDigest, imageTag: "v1" }]);
    expect(await listed()).toEqual([{ imageDigest, imageTag: "v2" }]);
    expect((await remove({ imageTag: "v2" })).imageIds).toEqual([{ imageDigest, imageTag: "v2" }]);
    expect(await listed()).toEqual([]);
    expect((await registry({ path: `/v2/shop/blobs/${digestOf("layer")}` })).status).toBe(404);
  });

  it("keeps its layers while another image has them", async () => {
    const shared = await pushImage(registry, repositoryName, { tag: "v1" });
    const other = await manifestOf(registry, repositoryName, "layer", { annotations: { a: "b" } });
    await put(other, { imageTag: "v2" });
    await remove({ imageDigest: shared });
    expect((await registry({ path: `/v2/shop/blobs/${digestOf("layer")}` })).status).toBe(200);
  });

  it("is not deleted while an index has it, nor by a wrong name", async () => {
    const imageDigest = await pushImage(registry, repositoryName, {});
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [{ mediaType: OCI_MANIFEST, digest: imageDigest, size: 1 }],
    });
    await put(index, { imageTag: "multi" });
    const { failures } = await remove(
      { imageDigest },
      { imageDigest: ABSENT },
      { imageDigest: "sha256:../x" },
      { imageDigest, imageTag: "multi" },
      {},
    );
    expect(failures?.map(({ failureCode }) => failureCode)).toEqual([
      "ImageNotFound",
      "InvalidImageDigest",
      "ImageTagDoesNotMatchDigest",
      "MissingDigestAndTag",
      "ImageReferencedByManifestList",
    ]);
    await remove({ imageTag: "multi" });
    expect((await remove({ imageDigest })).failures).toEqual([]);
  });
});

describe("a layer", () => {
  const begin = async () => {
    const answer = await cloud.ecr.send(new InitiateLayerUploadCommand({ repositoryName }));
    return answer.uploadId;
  };
  const part = (uploadId: string | undefined, partFirstByte: number, bytes: Uint8Array) =>
    cloud.ecr.send(
      new UploadLayerPartCommand({
        repositoryName,
        uploadId,
        partFirstByte,
        partLastByte: partFirstByte + bytes.length - 1,
        layerPartBlob: bytes,
      }),
    );
  const complete = (uploadId: string | undefined, ...layerDigests: string[]) =>
    cloud.ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests }));
  const bytes = Buffer.alloc(6 * 1024 * 1024, "layer");
  const layerDigest = digestOf(bytes);

  it("goes up in parts by the API, and comes down by an address", async () => {
    const uploadId = await begin();
    const half = 5 * 1024 * 1024;
    await part(uploadId, 0, bytes.subarray(0, half));
    expect((await part(uploadId, half, bytes.subarray(half))).lastByteReceived).toBe(
      bytes.length - 1,
    );
    expect((await complete(uploadId, layerDigest)).layerDigest).toBe(layerDigest);
    const check = await cloud.ecr.send(
      new BatchCheckLayerAvailabilityCommand({
        repositoryName,
        layerDigests: [layerDigest, ABSENT, "bad"],
      }),
    );
    expect(check.layers).toEqual([
      { layerDigest, layerAvailability: "AVAILABLE", layerSize: bytes.length },
      { layerDigest: ABSENT, layerAvailability: "UNAVAILABLE" },
    ]);
    expect(check.failures).toMatchObject([{ failureCode: "InvalidLayerDigest" }]);
    const { downloadUrl = "" } = await cloud.ecr.send(
      new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest }),
    );
    const back = Buffer.from(await (await fetch(downloadUrl)).arrayBuffer());
    expect(back.equals(bytes)).toBe(true);
    expect((await fetch(downloadUrl.replace(layerDigest, ABSENT))).status).toBe(404);
  });

  it("has parts that follow one another, and are not small", async () => {
    const uploadId = await begin();
    await expect(complete(uploadId, layerDigest)).rejects.toMatchObject({
      name: "EmptyUploadException",
    });
    await part(uploadId, 0, bytes.subarray(0, 10));
    await expect(part(uploadId, 11, bytes.subarray(0, 10))).rejects.toMatchObject({
      name: "InvalidLayerPartException",
      uploadId,
      lastValidByteReceived: 9,
    });
    await part(uploadId, 10, bytes.subarray(10));
    await expect(complete(uploadId, layerDigest)).rejects.toMatchObject({
      name: "LayerPartTooSmallException",
    });
  });

  it("is not kept under another digest, nor twice, nor without its upload", async () => {
    const uploadId = await begin();
    await part(uploadId, 0, bytes);
    await expect(complete(uploadId, ABSENT)).rejects.toMatchObject({
      name: "InvalidLayerException",
    });
    await complete(uploadId, layerDigest);
    await expect(complete(uploadId, layerDigest)).rejects.toMatchObject({
      name: "UploadNotFoundException",
    });
    const again = await begin();
    await part(again, 0, bytes);
    await expect(complete(again, layerDigest)).rejects.toMatchObject({
      name: "LayerAlreadyExistsException",
    });
  });
});
