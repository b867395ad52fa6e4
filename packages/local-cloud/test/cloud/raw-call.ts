import { connect } from "node:net";

/** What came back, its body as text. */
export interface RawAnswer {
  readonly status: number;
  readonly type: string | null;
  /** `x-amzn-errortype`. */
  readonly errorType: string | null;
  readonly body: string;
}

/** An Authorization header that names a service, as a client with made-up credentials signs. */
export function signedFor(service: string, accessKeyId = "test"): string {
  const scope = `${accessKeyId}/20261121/us-east-1/${service}/aws4_request`;
  return `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=00`;
}

export interface RawCall {
  readonly service?: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
}

export async function rawCall(url: string, call: RawCall): Promise<RawAnswer> {
  const { service, method = "POST", path = "/", headers, body } = call;
  const authorization = service === undefined ? {} : { authorization: signedFor(service) };
  const answer = await fetch(url + path, {
    method,
    headers: { ...authorization, ...headers },
    ...(body === undefined ? {} : { body, duplex: "half" }),
  });
  return {
    status: answer.status,
    type: answer.headers.get("content-type"),
    errorType: answer.headers.get("x-amzn-errortype"),
    body: await answer.text(),
  };
}

/** Writes bytes to a new connection and gives what comes back until the other side closes it. */
export function rawBytes(port: number, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    socket.on("data", (chunk) => void (answer += chunk.toString("latin1")));
    // A reset by the other side ends the test of it; what came before counts.
    socket.on("error", () => {});
    socket.once("close", () => resolve(answer));
    socket.write(bytes);
  });
}
