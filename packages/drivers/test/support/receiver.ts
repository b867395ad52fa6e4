import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type Notice, weightBps } from "@headgate/core";
import { onTestFinished } from "vitest";

export interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Somebody who is told: a real server on a free port, that answers as it likes or not at all. */
export async function startReceiver(
  answer: (response: ServerResponse) => void = (response) => void response.writeHead(204).end(),
): Promise<{ readonly url: string; readonly port: number; readonly got: Got[] }> {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      got.push({ headers: request.headers, body });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/services/T0/a-secret`, port, got };
}

export const NOTICE: Notice = {
  id: "checkout-1/7",
  kind: "turningBack",
  rollout: "checkout-1",
  name: "checkout",
  target: "Lambda checkout:live",
  subject: "checkout: turning back",
  text: "turning back: errors 7% over 1%. The canary had 10% of the traffic.",
  reason: "errors 7% over 1%",
  weight: weightBps(1000),
  route: "version 1 90%, version 2 10%",
  link: "https://ci.example.com/r?id=checkout-1",
  atMs: Date.UTC(2026, 10, 21, 5),
};
