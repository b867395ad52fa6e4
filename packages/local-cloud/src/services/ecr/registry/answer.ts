import type { IncomingMessage, ServerResponse } from "node:http";

/** One request to the registry, recognised. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: string;
}

/** Answers whole. A HEAD gets the headers of its GET. */
export function answer({ request, response }: Exchange, { status, headers, body }: Answer): void {
  const length =
    status === 204 || headers?.["content-length"] !== undefined
      ? {}
      : { "content-length": Buffer.byteLength(body ?? "") };
  response.writeHead(status, { ...length, ...headers });
  response.end(request.method === "HEAD" ? undefined : body);
}

export function answerJson(
  exchange: Exchange,
  {
    status = 200,
    headers = {},
    value,
  }: Omit<Partial<Answer>, "body"> & { readonly value: unknown },
): void {
  answer(exchange, {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(value),
  });
}
