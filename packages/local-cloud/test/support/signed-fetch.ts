import { SignatureV4 } from "@smithy/signature-v4";
import type { Key } from "./iam-cloud.ts";
import { Sha256 } from "./sha256.ts";

/** Calls an address with a SigV4 signature, as AWS's own signers make it. */
export async function signedFetch(
  url: string,
  credentials: Key,
  options: { readonly service: string; readonly region?: string; readonly isPresigned?: boolean },
): Promise<Response> {
  const { service, region = "us-east-1", isPresigned = false } = options;
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 });
  const { protocol, hostname, port, host, pathname } = new URL(url);
  const request = {
    method: "GET",
    protocol,
    hostname,
    port: Number(port),
    path: pathname,
    query: {},
    headers: { host },
  };
  if (!isPresigned) return fetch(url, { headers: (await signer.sign(request)).headers });
  const { query = {} } = await signer.presign(request, { expiresIn: 60 });
  return fetch(`${url}?${new URLSearchParams(query as Record<string, string>).toString()}`);
}
