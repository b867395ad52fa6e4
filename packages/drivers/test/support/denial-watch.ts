import { createServer, type IncomingMessage, request as httpRequest } from "node:http";
import { buffer } from "node:stream/consumers";

/** A proxy in front of a cloud that hears every refusal. */
export interface DenialWatch {
  readonly url: string;
  /** The actions that were refused since the last call, in order: "lambda:UpdateAlias". */
  take(): readonly string[];
  close(): Promise<void>;
}

export async function watchDenials(target: string): Promise<DenialWatch> {
  let denied: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const serve = async () => {
      const answer = await pass(target, incoming, await buffer(incoming));
      const body = await buffer(answer);
      const [, action] =
        /is not authorized to perform: ([\w-]+:\w+)/.exec(body.toString("latin1")) ?? [];
      if ((answer.statusCode ?? 0) >= 400 && action !== undefined) denied.push(action);
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.end(body);
    };
    serve().catch(() => void incoming.socket.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the proxy has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    take() {
      const taken = denied;
      denied = [];
      return taken;
    },
    async close() {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function pass(target: string, incoming: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { method, headers, url = "/" } = incoming;
    const outgoing = httpRequest(new URL(url, target), { method, headers, agent: false }, resolve);
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}
