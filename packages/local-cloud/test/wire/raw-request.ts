import { request as httpRequest } from "node:http";

export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A request exactly as given: no client in between to mend it. */
export async function raw(endpoint: string, request: RawRequest): Promise<RawAnswer> {
  const { method = "POST", path = "/", headers = {}, body = "" } = request;
  const { hostname, port } = new URL(endpoint);
  const length = { "content-length": String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const options = { hostname, port, method, path, headers: { ...length, ...headers } };
    const sent = httpRequest(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("end", () => {
        const answer = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: answer });
      });
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

/** The header by which a signed request names its service. Nothing checks the signature. */
export function scope(service: string, region = "us-east-1"): Record<string, string> {
  const credential = `AKIDEXAMPLE/20261121/${region}/${service}/aws4_request`;
  return {
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=0`,
  };
}
