import { createHash } from "node:crypto";
import { request } from "node:http";
import { buffer } from "node:stream/consumers";
import {
  CreateRepositoryCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
} from "@aws-sdk/client-ecr";
import { virtualClock } from "../../../src/clock.ts";
import type { LocalCloudOptions } from "../../../src/index.ts";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

export const START_MS = Date.parse("2026-11-21T12:00:00Z");
export const HOUR_MS = 3_600_000;
export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";

export interface EcrCloud extends TestCloud {
  readonly ecr: ECRClient;
  createRepository(repositoryName: string): Promise<void>;
  /** What `aws ecr get-login-password` gives, as the header that container tools make of it. */
  logIn(): Promise<string>;
}

/** A cloud on virtual time. */
export async function startEcrCloud(options: LocalCloudOptions = {}): Promise<EcrCloud> {
  const clock = virtualClock(START_MS, (error) => {
    throw error;
  });
  const cloud = await startTestCloud({ clock, ...options });
  const ecr = cloud.client(ECRClient);
  return {
    ...cloud,
    ecr,
    async createRepository(repositoryName) {
      await ecr.send(new CreateRepositoryCommand({ repositoryName }));
    },
    async logIn() {
      const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
      return `Basic ${authorizationData?.[0]?.authorizationToken}`;
    },
  };
}

export function digestOf(bytes: string | Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

export interface Call {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The code of the first error, when it is one. */
  readonly code: string | undefined;
  json(): unknown;
}

/** A client of the registry: what it is told to send goes out as it is, paths and lengths included. */
export function registryClient(url: string, authorization: string | undefined) {
  return (call: Call): Promise<Answer> => send(url, authorization, call);
}

export type Registry = ReturnType<typeof registryClient>;

function send(url: string, authorization: string | undefined, call: Call): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        hostname,
        port,
        path: call.path,
        method: call.method ?? "GET",
        headers: { ...(authorization !== undefined && { authorization }), ...call.headers },
        agent: false,
      },
      (incoming) => {
        buffer(incoming).then(
          (body) => resolve(answerOf(incoming.statusCode ?? 0, incoming.headers, body)),
          reject,
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(call.body);
  });
}

function answerOf(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: Buffer,
): Answer {
  return {
    status,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, String(value)]),
    ),
    body,
    code: /"code":"([A-Z_]+)"/.exec(body.toString())?.[1],
    json: () => JSON.parse(body.toString()) as unknown,
  };
}

/** A blob in one request after POST. */
export async function pushBlob(
  registry: Registry,
  name: string,
  bytes: string | Uint8Array,
): Promise<string> {
  const begun = await registry({ method: "POST", path: `/v2/${name}/blobs/uploads/` });
  const digest = digestOf(bytes);
  const path = `${begun.headers["location"]}?digest=${digest}`;
  const { status } = await registry({ method: "PUT", path, body: bytes });
  if (status !== 201) throw new Error(`the blob was refused with ${status}`);
  return digest;
}

/** The manifest of an image with one layer; its blobs are pushed. */
export async function manifestOf(
  registry: Registry,
  name: string,
  layer: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const config = "{}";
  const digests = [await pushBlob(registry, name, config), await pushBlob(registry, name, layer)];
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: {
      mediaType: "application/vnd.oci.image.config.v1+json",
      digest: digests[0],
      size: config.length,
    },
    layers: [
      {
        mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
        digest: digests[1],
        size: layer.length,
      },
    ],
    ...more,
  });
}

/** Pushes an image and returns its digest. */
export async function pushImage(
  registry: Registry,
  name: string,
  { tag, layer = "layer" }: { readonly tag?: string; readonly layer?: string },
): Promise<string> {
  const body = await manifestOf(registry, name, layer);
  const digest = digestOf(body);
  const path = `/v2/${name}/manifests/${tag ?? digest}`;
  const headers = { "content-type": OCI_MANIFEST };
  const { status, body: said } = await registry({ method: "PUT", path, headers, body });
  if (status !== 201)
    throw new Error(`the manifest was refused with ${status}: ${said.toString()}`);
  return digest;
}
