import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { SCHEMAS } from "../../src/model/sdk.ts";
import { createWire, type WireOptions } from "../../src/wire/index.ts";
import type { Decoded, WireResponse } from "../../src/wire/wire.ts";

type Call = Extract<Decoded, { kind: "call" }>;

export interface WireServer {
  readonly endpoint: string;
  /** What the last request was decoded to. */
  last(): Decoded | undefined;
  /** Answers the next calls: returns an output, or throws an error. */
  answer(handler: (call: Call) => unknown): void;
  close(): Promise<void>;
}

/** The services the wire is proved with: those of the cloud, and one for each protocol left. */
export const TESTED_SCHEMAS: NonNullable<WireOptions["schemas"]> = {
  ...SCHEMAS,
  ec2: () => import("@aws-sdk/client-ec2"),
  route53: () => import("@aws-sdk/client-route-53"),
};

/** The wire layer alone behind a real socket: no services, no state. */
export async function startWireServer(options: Partial<WireOptions> = {}): Promise<WireServer> {
  const wire = createWire({ region: "eu-test-1", schemas: TESTED_SCHEMAS, ...options });
  let last: Decoded | undefined;
  let handler: (call: Call) => unknown = () => ({});
  const respond = async (request: IncomingMessage): Promise<WireResponse> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const decoded = await wire.decode(request, Buffer.concat(chunks));
    last = decoded;
    if (decoded.kind === "refused") return decoded.answer("request-id-1");
    try {
      return decoded.encode(handler(decoded), "request-id-1");
    } catch (error) {
      return decoded.encodeError(error, "request-id-1");
    }
  };
  const server = createServer((request, response) => {
    void respond(request).then(
      ({ status, headers, body }) => response.writeHead(status, headers).end(body),
      (error: unknown) => response.writeHead(599).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    last: () => last,
    answer: (next) => {
      handler = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
