import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ImagePort } from "../../../src/data-plane/ports/images.ts";
import { PLACE, type ServerlessCloud, serverlessCloud } from "../../support/serverless-cloud.ts";

// Protects how services find the images that they run: by the references that task definitions have, for this
// machine's processor, and with bytes that are those that were pushed.

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";
const HERE = process.arch === "x64" ? "amd64" : process.arch;
const AWS_HOST = "000000000000.dkr.ecr.us-east-1.amazonaws.com";

let cloud: ServerlessCloud;
let images: ImagePort;
/** The cloud's own host and port, as repositoryUri has it. */
let host: string;

beforeEach(async () => {
  cloud = serverlessCloud();
  images = await cloud.core.cloud.port("images");
  host = new URL(cloud.core.cloud.endpointUrl()).host;
  await call("CreateRepository", { repositoryName: "web" });
});
afterEach(() => cloud.core.close());

const call = (operation: string, input: object) => cloud.call("ecr", operation, input);

async function pushBlob(bytes: string): Promise<{ digest: string; size: number }> {
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const begun = await call("InitiateLayerUpload", { repositoryName: "web" });
  const uploadId =
    typeof begun === "object" && begun !== null && "uploadId" in begun ? begun.uploadId : undefined;
  const upload = { repositoryName: "web", uploadId };
  await call("UploadLayerPart", {
    ...upload,
    partFirstByte: 0,
    partLastByte: bytes.length - 1,
    layerPartBlob: Buffer.from(bytes),
  });
  await call("CompleteLayerUpload", { ...upload, layerDigests: [digest] });
  return { digest, size: bytes.length };
}

async function put(document: object, imageTag?: string): Promise<string> {
  const imageManifest = JSON.stringify(document);
  await call("PutImage", { repositoryName: "web", imageManifest, imageTag });
  return `sha256:${createHash("sha256").update(imageManifest).digest("hex")}`;
}

/** Pushes an image whose configuration is `config`, with two layers. */
async function pushImage(config: string, tag?: string): Promise<string> {
  const layers = [await pushBlob(`lower of ${config}`), await pushBlob(`upper of ${config}`)];
  return put(
    {
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: {
        mediaType: "application/vnd.oci.image.config.v1+json",
        ...(await pushBlob(config)),
      },
      layers: layers.map(({ digest, size }) => ({ mediaType: LAYER, digest, size })),
    },
    tag,
  );
}

function found(reference: string) {
  const answer = images.find(PLACE, reference);
  if (answer.kind !== "found") throw new Error(`${reference}: ${answer.kind}`);
  return answer.image;
}

describe("finding an image", () => {
  it("finds it by tag, with the bytes that were pushed", async () => {
    const digest = await pushImage("one", "1");
    const image = found(`${host}/web:1`);
    expect(image.digest).toBe(digest);
    expect((await image.config()).toString()).toBe("one");
    expect(image.layers.map(({ mediaType }) => mediaType)).toEqual([LAYER, LAYER]);
    expect(await Promise.all(image.layers.map((layer) => text(layer.open())))).toEqual([
      "lower of one",
      "upper of one",
    ]);
    expect(image.layers.map(({ sizeBytes }) => sizeBytes)).toEqual([12, 12]);
  });

  it.each([
    ["the cloud's own address", () => `${host}/web:1`],
    ["localhost and the cloud's port", () => `localhost:${host.split(":")[1]}/web:1`],
    ["AWS's name", () => `${AWS_HOST}/web:1`],
    ["a digest", (digest: string) => `${AWS_HOST}/web@${digest}`],
    ["a tag and a digest, which wins", (digest: string) => `${AWS_HOST}/web:other@${digest}`],
  ])("finds it by %s", async (_what, referenceOf) => {
    const digest = await pushImage("one", "1");
    expect(found(referenceOf(digest)).digest).toBe(digest);
  });

  it("takes :latest when no tag is named", async () => {
    const digest = await pushImage("one", "latest");
    expect(found(`${host}/web`).digest).toBe(digest);
  });

  it("names the repository of a reference, whether it is there or not", () => {
    const arnOf = (reference: string) => images.repositoryArn(PLACE, reference);
    expect(arnOf(`${host}/shop/web:1`)).toBe(
      "arn:aws:ecr:us-east-1:000000000000:repository/shop/web",
    );
    expect(arnOf("111111111111.dkr.ecr.eu-west-1.amazonaws.com/web@sha256:0")).toBe(
      "arn:aws:ecr:eu-west-1:111111111111:repository/web",
    );
    expect(arnOf("nginx:1.27")).toBeUndefined();
  });

  it("counts as a pull", async () => {
    await pushImage("one", "1");
    found(`${host}/web:1`);
    expect(await call("DescribeImages", { repositoryName: "web" })).toMatchObject({
      imageDetails: [{ lastRecordedPullTime: new Date(cloud.clock.nowMs()) }],
    });
  });
});

describe("an image index", () => {
  const entry = (digest: string, architecture: string, os = "linux") => ({
    mediaType: MANIFEST,
    digest,
    size: 1,
    platform: { architecture, os },
  });
  const index = (...manifests: readonly object[]) => ({
    schemaVersion: 2,
    mediaType: INDEX,
    manifests,
  });

  it("leads to the image for this machine", async () => {
    const [other, ours] = [await pushImage("other"), await pushImage("ours")];
    await put(index(entry(other, "s390x"), entry(ours, HERE)), "1");
    expect((await found(`${host}/web:1`).config()).toString()).toBe("ours");
  });

  it("leads to the first image when none is for this machine, never to what is said about it", async () => {
    const [first, about] = [await pushImage("first"), await pushImage("about")];
    await put(index(entry(about, "unknown", "unknown"), entry(first, "s390x")), "1");
    expect((await found(`${host}/web:1`).config()).toString()).toBe("first");
  });
});

describe("what is not found", () => {
  it.each([
    ["imageMissing", () => `${host}/web:2`],
    ["imageMissing", () => `${AWS_HOST}/web@sha256:${"0".repeat(64)}`],
    ["repositoryMissing", () => `${host}/api:1`],
    ["repositoryMissing", () => "111111111111.dkr.ecr.us-east-1.amazonaws.com/web:1"],
    ["repositoryMissing", () => "000000000000.dkr.ecr.eu-west-1.amazonaws.com/web:1"],
    ["foreign", () => "nginx"],
    ["foreign", () => "nginx:1.27"],
    ["foreign", () => "library/nginx:1.27"],
    ["foreign", () => "public.ecr.aws/docker/library/nginx:1.27"],
    ["foreign", () => "127.0.0.1:9999/web:1"],
  ])("is %s", async (kind, referenceOf) => {
    await pushImage("one", "1");
    expect(images.find(PLACE, referenceOf())).toEqual({ kind });
  });
});
