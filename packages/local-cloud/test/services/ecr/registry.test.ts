import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BatchDeleteImageCommand } from "@aws-sdk/client-ecr";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  digestOf,
  type EcrCloud,
  HOUR_MS,
  manifestOf,
  OCI_INDEX,
  OCI_MANIFEST,
  pushBlob,
  pushImage,
  type Registry,
  registryClient,
  startEcrCloud,
} from "./ecr-cloud.ts";

// Protects the registry: what is pushed comes back byte for byte, and nothing wrong is taken in.

let cloud: EcrCloud;
let registry: Registry;
beforeEach(async () => {
  cloud = await startEcrCloud();
  await cloud.createRepository("team/shop");
  registry = registryClient(cloud.url, await cloud.logIn());
});
afterEach(() => cloud.close());

const UPLOADS = "/v2/team/shop/blobs/uploads/";
const begin = async () => {
  const { status, headers } = await registry({ method: "POST", path: UPLOADS });
  expect(status).toBe(202);
  return headers["location"] ?? "";
};
const ABSENT = digestOf("absent");

describe("who may call", () => {
  it("is asked for", async () => {
    const anonymous = registryClient(cloud.url, undefined);
    const { status, headers, body } = await anonymous({ path: "/v2/" });
    expect([status, body.toString()]).toEqual([401, "Not Authorized\n"]);
    expect(headers["www-authenticate"]).toBe(
      `Basic realm="http://127.0.0.1:${cloud.port}/",service="ecr.amazonaws.com"`,
    );
    expect((await registry({ path: "/v2/" })).status).toBe(200);
  });

  it("is anybody with a password that has not expired", async () => {
    await cloud.advance(12 * HOUR_MS);
    expect(await registry({ path: "/v2/" })).toMatchObject({ status: 403, code: "DENIED" });
    registry = registryClient(cloud.url, await cloud.logIn());
    expect((await registry({ path: "/v2/" })).status).toBe(200);
  });

  it.each(["AWS:test", "AWS:", "AWS:e30.e30", "", "AWS:a.b.c"])("is not %j", async (pair) => {
    const wrong = registryClient(cloud.url, `Basic ${Buffer.from(pair).toString("base64")}`);
    const { status } = await wrong({ path: "/v2/" });
    expect(status).toBe(pair === "" ? 401 : 400);
  });

  it("is not who changes what a password says", async () => {
    const [, encoded = ""] = (await cloud.logIn()).split(" ");
    const password = Buffer.from(encoded, "base64").toString().slice("AWS:".length);
    const [claims = "", signature] = password.split(".");
    const changed = Buffer.from(claims, "base64url")
      .toString()
      .replace("000000000000", "1".repeat(12));
    const forged = `AWS:${Buffer.from(changed).toString("base64url")}.${signature}`;
    const wrong = registryClient(cloud.url, `Basic ${Buffer.from(forged).toString("base64")}`);
    expect(await wrong({ path: "/v2/" })).toMatchObject({ status: 400, code: "DENIED" });
  });

  it("sees the repositories of the host's account and region", async () => {
    const host = (name: string) => registry({ path: "/v2/_catalog", headers: { host: name } });
    const own = await host("000000000000.dkr.ecr.us-east-1.amazonaws.com");
    expect(own.json()).toEqual({ repositories: ["team/shop"] });
    const local = await host(`000000000000.dkr.ecr.us-east-1.localhost:${cloud.port}`);
    expect(local.json()).toEqual({ repositories: ["team/shop"] });
    const other = await host("000000000000.dkr.ecr.eu-west-1.amazonaws.com");
    expect(other.json()).toEqual({ repositories: [] });
  });
});

describe("a blob", () => {
  const layer = randomBytes(300_000);
  const digest = digestOf(layer);
  const path = `/v2/team/shop/blobs/${digest}`;

  it("goes up at once and comes down whole", async () => {
    const sent = await registry({
      method: "POST",
      path: `${UPLOADS}?digest=${digest}`,
      body: layer,
    });
    expect(sent).toMatchObject({ status: 201, headers: { location: path } });
    const back = await registry({ path });
    expect(back.body.equals(layer)).toBe(true);
    const head = await registry({ method: "HEAD", path });
    expect(head.headers).toMatchObject({
      "content-length": "300000",
      "docker-content-digest": digest,
    });
  });

  it("goes up in chunks, each where the last one ended", async () => {
    const location = await begin();
    const chunk = (start: number, end: number) =>
      registry({
        method: "PATCH",
        path: location,
        headers: { "content-range": `${start}-${end - 1}` },
        body: layer.subarray(start, end),
      });
    expect(await chunk(0, 100_000)).toMatchObject({ status: 202, headers: { range: "0-99999" } });
    const gap = await chunk(150_000, 200_000);
    expect(gap).toMatchObject({ status: 416, headers: { range: "0-99999" } });
    expect((await chunk(100_000, 200_000)).status).toBe(202);
    expect(await registry({ path: location })).toMatchObject({
      status: 204,
      headers: { range: "0-199999" },
    });
    const end = await registry({
      method: "PUT",
      path: `${location}?digest=${digest}`,
      body: layer.subarray(200_000),
    });
    expect(end.status).toBe(201);
    expect((await registry({ path })).body.equals(layer)).toBe(true);
  });

  it.each([
    ["bytes=0-9", 206, 0, 10],
    ["bytes=299990-", 206, 299_990, 300_000],
    ["bytes=-10", 206, 299_990, 300_000],
    ["bytes=10-999999", 206, 10, 300_000],
    ["lines=1-2", 200, 0, 300_000],
  ])("comes down in the range %s", async (range, status, start, end) => {
    await pushBlob(registry, "team/shop", layer);
    const answer = await registry({ path, headers: { range } });
    expect(answer.status).toBe(status);
    expect(answer.body.equals(layer.subarray(start, end))).toBe(true);
  });

  it("has no range beyond its end", async () => {
    await pushBlob(registry, "team/shop", layer);
    const answer = await registry({ path, headers: { range: "bytes=300000-" } });
    expect(answer).toMatchObject({ status: 416, headers: { "content-range": "bytes */300000" } });
  });

  it("is not kept under another digest", async () => {
    const location = await begin();
    const answer = await registry({
      method: "PUT",
      path: `${location}?digest=${ABSENT}`,
      body: layer,
    });
    expect(answer).toMatchObject({ status: 400, code: "DIGEST_INVALID" });
    expect((await registry({ path: `/v2/team/shop/blobs/${ABSENT}` })).status).toBe(404);
    expect((await registry({ path })).status).toBe(404);
    expect(await registry({ path: location })).toMatchObject({ code: "BLOB_UPLOAD_UNKNOWN" });
  });

  it("goes on after a connection was cut", async () => {
    const location = await begin();
    const socket = connect(cloud.port, "127.0.0.1");
    const head = [
      `PATCH ${location} HTTP/1.1`,
      "Host: 127.0.0.1",
      `Authorization: ${await cloud.logIn()}`,
      "Content-Length: 300000",
      "\r\n",
    ].join("\r\n");
    socket.write(Buffer.concat([Buffer.from(head), layer.subarray(0, 1000)]));
    const received = async (): Promise<number> => {
      const { headers } = await registry({ path: location });
      return Number(headers["range"]?.slice(2)) + 1;
    };
    while ((await received()) < 1000);
    socket.destroy();
    await once(socket, "close");
    // Until the server has seen it, the upload is still being written to.
    const rest = {
      method: "PUT",
      path: `${location}?digest=${digest}`,
      body: layer.subarray(1000),
    };
    let answer = await registry(rest);
    while (answer.code === "BLOB_UPLOAD_INVALID") answer = await registry(rest);
    expect(answer.status).toBe(201);
  });

  it("can be given up", async () => {
    const location = await begin();
    expect((await registry({ method: "DELETE", path: location })).status).toBe(204);
    expect((await registry({ path: location })).status).toBe(404);
  });

  it("too large is refused before it is sent", async () => {
    const location = await begin();
    const socket = connect(cloud.port, "127.0.0.1");
    const lines = [
      `PATCH ${location} HTTP/1.1`,
      "Host: 127.0.0.1",
      `Authorization: ${await cloud.logIn()}`,
      `Content-Length: ${60_000 * 1024 * 1024}`,
      "\r\n",
    ];
    socket.write(lines.join("\r\n"));
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
  });

  it("is mounted from another repository, or else uploaded", async () => {
    await pushBlob(registry, "team/shop", layer);
    await cloud.createRepository("copy");
    const mount = (from: string, what: string) =>
      registry({
        method: "POST",
        path: `/v2/copy/blobs/uploads/?mount=${what}&from=${from}`,
      });
    expect((await mount("team/shop", ABSENT)).status).toBe(202);
    expect((await mount("nowhere", digest)).status).toBe(202);
    expect((await registry({ path: `/v2/copy/blobs/${digest}` })).status).toBe(404);
    expect(await mount("team/shop", digest)).toMatchObject({
      status: 201,
      headers: { location: `/v2/copy/blobs/${digest}` },
    });
    expect((await registry({ path: `/v2/copy/blobs/${digest}` })).body.equals(layer)).toBe(true);
  });
});

describe("a manifest", () => {
  const put = (reference: string, body: string | Uint8Array, type = OCI_MANIFEST) =>
    registry({
      method: "PUT",
      path: `/v2/team/shop/manifests/${reference}`,
      headers: { "content-type": type },
      body,
    });

  it("comes back as it was sent, by tag and by digest", async () => {
    const text = `${await manifestOf(registry, "team/shop", "one")}\n`;
    const digest = digestOf(text);
    expect(await put("v1", text)).toMatchObject({
      status: 201,
      headers: { "docker-content-digest": digest },
    });
    for (const reference of ["v1", digest]) {
      const { headers, body } = await registry({ path: `/v2/team/shop/manifests/${reference}` });
      expect(body.toString()).toBe(text);
      expect(headers).toMatchObject({
        "content-type": OCI_MANIFEST,
        "docker-content-digest": digest,
      });
    }
  });

  it("may be an index of manifests that are there", async () => {
    const child = await pushImage(registry, "team/shop", {});
    const index = (digest: string) =>
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_INDEX,
        manifests: [{ mediaType: OCI_MANIFEST, digest, size: 1 }],
      });
    expect((await put("multi", index(child), OCI_INDEX)).status).toBe(201);
    const missing = await put("multi2", index(ABSENT), OCI_INDEX);
    expect(missing).toMatchObject({ status: 404, code: "MANIFEST_BLOB_UNKNOWN" });
  });

  it.each<[string, string | Uint8Array, number, string]>([
    ["that is not JSON", "layers", 400, "MANIFEST_INVALID"],
    ["of the first schema", '{"schemaVersion":1}', 400, "MANIFEST_INVALID"],
    ["that is not text", Uint8Array.of(0x7b, 0xff, 0x7d), 400, "MANIFEST_INVALID"],
    [
      "with a digest that is a path",
      '{"schemaVersion":2,"config":{"digest":"sha256:../../x","size":1},"layers":[]}',
      400,
      "MANIFEST_INVALID",
    ],
    [
      "without its layers",
      JSON.stringify({ schemaVersion: 2, config: { digest: ABSENT, size: 1 }, layers: [] }),
      404,
      "MANIFEST_BLOB_UNKNOWN",
    ],
    ["that is too large", " ".repeat(4 * 1024 * 1024 + 1), 413, "MANIFEST_INVALID"],
  ])("%s is refused", async (_what, body, status, code) => {
    expect(await put("bad", body)).toMatchObject({ status, code });
    expect(await registry({ path: "/v2/team/shop/manifests/bad" })).toMatchObject({
      status: 404,
      code: "MANIFEST_UNKNOWN",
    });
  });

  it("is refused under another digest, and as another type than it says", async () => {
    const text = await manifestOf(registry, "team/shop", "one");
    expect(await put(ABSENT, text)).toMatchObject({ status: 400, code: "DIGEST_INVALID" });
    expect(await put("v1", text, OCI_INDEX)).toMatchObject({ code: "MANIFEST_INVALID" });
  });

  it("is not deleted by the registry, as on AWS", async () => {
    const digest = await pushImage(registry, "team/shop", { tag: "v1" });
    for (const path of [`manifests/${digest}`, `blobs/${digestOf("layer")}`]) {
      const answer = await registry({ method: "DELETE", path: `/v2/team/shop/${path}` });
      expect(answer).toMatchObject({ status: 405, code: "UNSUPPORTED" });
    }
  });

  it.each([
    ["POST", "/v2/team/shop/manifests/v1"],
    ["PUT", `/v2/team/shop/blobs/${ABSENT}`],
    ["GET", UPLOADS],
    ["PUT", "/v2/team/shop/tags/list"],
  ])("and all else takes no %s at %s", async (method, path) => {
    expect(await registry({ method, path })).toMatchObject({ status: 405, code: "UNSUPPORTED" });
  });

  it("lists what is about it", async () => {
    const subject = await pushImage(registry, "team/shop", { tag: "v1" });
    const about = { subject: { mediaType: OCI_MANIFEST, digest: subject, size: 1 } };
    const signature = await manifestOf(registry, "team/shop", "signature", {
      ...about,
      artifactType: "application/vnd.example.signature",
    });
    expect((await put(digestOf(signature), signature)).headers["oci-subject"]).toBe(subject);
    const path = `/v2/team/shop/referrers/${subject}`;
    const all = await registry({ path });
    expect(all.headers["content-type"]).toBe(OCI_INDEX);
    expect(all.json()).toMatchObject({ manifests: [{ digest: digestOf(signature) }] });
    const none = await registry({ path: `${path}?artifactType=other` });
    expect(none.headers["oci-filters-applied"]).toBe("artifactType");
    expect(none.json()).toMatchObject({ manifests: [] });
  });
});

describe("lists", () => {
  it("of tags come in pages, in order", async () => {
    for (const tag of ["c", "a", "b"]) await pushImage(registry, "team/shop", { tag });
    const first = await registry({ path: "/v2/team/shop/tags/list?n=2" });
    expect(first.json()).toEqual({ name: "team/shop", tags: ["a", "b"] });
    const [, next = ""] = /^<(.*)>; rel="next"$/.exec(first.headers["link"] ?? "") ?? [];
    const second = await registry({ path: next });
    expect(second.json()).toEqual({ name: "team/shop", tags: ["c"] });
    expect(second.headers["link"]).toBeUndefined();
  });

  it("refuse a page of no size", async () => {
    const answer = await registry({ path: "/v2/_catalog?n=many" });
    expect(answer).toMatchObject({ status: 400, code: "PAGINATION_NUMBER_INVALID" });
  });
});

describe("a name", () => {
  it.each([
    "/v2/unknown/tags/list",
    "/v2/unknown/manifests/v1",
    `/v2/unknown/blobs/${ABSENT}`,
    `/v2/unknown/referrers/${ABSENT}`,
  ])("that nobody made is unknown: %s", async (path) => {
    const answer = await registry({ path });
    expect(answer).toMatchObject({ status: 404, code: "NAME_UNKNOWN" });
    expect(answer.json()).toEqual({
      errors: [
        {
          code: "NAME_UNKNOWN",
          message:
            "The repository with name 'unknown' does not exist in the registry with id '000000000000'",
        },
      ],
    });
  });

  it.each([
    ["/v2/../../etc/manifests/v1", 400, "NAME_INVALID"],
    ["/v2/%2e%2e/manifests/v1", 400, "NAME_INVALID"],
    ["/v2/team//shop/tags/list", 400, "NAME_INVALID"],
    ["/v2/TEAM/tags/list", 400, "NAME_INVALID"],
    ["/v2/%ff/tags/list", 400, "NAME_INVALID"],
    [`/v2/${"a".repeat(257)}/tags/list`, 400, "NAME_INVALID"],
    ["/v2/team/shop/blobs/sha256:..%2f..%2fpasswd", 404, "UNSUPPORTED"],
    ["/v2/team/shop/blobs/sha256:..", 400, "DIGEST_INVALID"],
    ["/v2/team/shop/manifests/sha256:..", 400, "DIGEST_INVALID"],
    ["/v2/team/shop/manifests/-x", 400, "TAG_INVALID"],
    ["/v2/team/shop/blobs/uploads/..", 404, "BLOB_UPLOAD_UNKNOWN"],
    ["/v2/team/shop/other/x", 404, "UNSUPPORTED"],
  ])("that is a trick is refused: %s", async (path, status, code) => {
    expect(await registry({ path })).toMatchObject({ status, code });
    expect(cloud.warnings).toEqual([]);
  });
});

it("keeps layers once, over restarts, for as long as an image has them", async () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "headgate-ecr-data-"));
  const layers = () => readdirSync(join(dataDirectory, "ecr-layers"));
  const open = async () => {
    const opened = await startEcrCloud({ dataDirectory });
    return { opened, push: registryClient(opened.url, await opened.logIn()) };
  };
  try {
    const before = await open();
    for (const name of ["one", "two"]) {
      await before.opened.createRepository(name);
      await pushImage(before.push, name, { tag: "v1" });
    }
    expect(layers()).toHaveLength(2);
    await before.opened.close();
    // What a kill between a layer and its row leaves behind.
    writeFileSync(join(dataDirectory, "ecr-layers", ABSENT.slice("sha256:".length)), "absent");

    const after = await open();
    expect(layers()).toHaveLength(2);
    const { body } = await after.push({ path: `/v2/two/blobs/${digestOf("layer")}` });
    expect(body.toString()).toBe("layer");
    for (const [repositoryName, left] of [
      ["one", 2],
      ["two", 0],
    ] as const) {
      const imageIds = [{ imageTag: "v1" }];
      await after.opened.ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds }));
      expect(layers()).toHaveLength(left);
    }
    await after.opened.close();
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true });
  }
});
