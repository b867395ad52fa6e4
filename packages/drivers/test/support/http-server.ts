import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** What a test's server does with a request: answers, or keeps silent. */
export type Answer =
  | { readonly status: number; readonly body?: string; readonly location?: string }
  | "silence";

/** A real server on a free port, closed when the test is over. */
export async function httpServer(
  answer: (request: ReceivedRequest) => Answer | Promise<Answer>,
): Promise<{ readonly url: string; readonly received: readonly ReceivedRequest[] }> {
  const received: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    void text(request).then(async (body) => {
      const { method = "", url: path = "" } = request;
      received.push({ method, path, body });
      const answered = await answer({ method, path, body });
      if (answered === "silence") return;
      const { status, location } = answered;
      response.writeHead(status, location === undefined ? {} : { location });
      response.end(answered.body ?? "");
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, received };
}
