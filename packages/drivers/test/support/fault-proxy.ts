import { createServer, type IncomingMessage, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** What goes wrong with one request. */
type Fault =
  /** AWS says 429 and does nothing. */
  | "throttle"
  /** AWS says 500 and does nothing. */
  | "serverError"
  /** AWS says that the caller may not, and does nothing. */
  | "deny"
  /** AWS gives the answer that it gave the last time. */
  | "stale"
  /** AWS answers this instead, and does nothing. */
  | CannedAnswer
  /** The same of a query protocol. */
  | { readonly status: number; readonly xml: string }
  /** The request has its effect, and the connection breaks before the answer. */
  | "loseAnswer"
  /** The connection breaks before the request gets there. */
  | "loseRequest";

export interface CannedAnswer {
  readonly status: number;
  /** The exception's name; absent from a success. */
  readonly name?: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** The operation, where it is not in method and path: "ModifyListener". Empty otherwise. */
  readonly action: string;
}

type Matcher = (request: SeenRequest) => boolean;

export interface FaultProxy {
  readonly url: string;
  /** Every request that came, faulty ones included. */
  readonly seen: readonly SeenRequest[];
  /** The next `times` requests that match meet this fault. */
  inject(match: Matcher, fault: Fault, times?: number): void;
  /** Runs `act` once, just before the next request that matches meets its fault or is passed on. */
  before(match: Matcher, act: () => Promise<void>): void;
  close(): Promise<void>;
}

const ANSWERS = {
  throttle: refusal(429, "TooManyRequestsException", "Rate Exceeded."),
  serverError: refusal(500, "ServiceException", "Something broke."),
  deny: refusal(403, "AccessDeniedException", "User is not authorized."),
} as const;

/** One of AWS's errors. */
export function refusal(status: number, name: string, message: string): CannedAnswer {
  return { status, name, body: { Type: "User", message } };
}

function cannedAnswer(fault: Fault | undefined): CannedAnswer | undefined {
  if (typeof fault === "object") return "xml" in fault ? undefined : fault;
  return fault === "throttle" || fault === "serverError" || fault === "deny"
    ? ANSWERS[fault]
    : undefined;
}

/** A real HTTP proxy in front of a cloud, for the faults a real network and a real AWS have. */
export async function faultProxy(target: string): Promise<FaultProxy> {
  const seen: SeenRequest[] = [];
  const faults: { readonly match: Matcher; readonly fault: Fault; left: number }[] = [];
  const interruptions: { readonly match: Matcher; act: (() => Promise<void>) | undefined }[] = [];

  const lastAnswers = new Map<string, { readonly type: string; readonly body: Buffer }>();

  const takeFault = (request: SeenRequest): Fault | undefined => {
    const next = faults.find(({ match, left }) => left > 0 && match(request));
    if (next !== undefined) next.left -= 1;
    return next?.fault;
  };
  const interrupt = async (request: SeenRequest) => {
    const next = interruptions.find(({ match, act }) => act !== undefined && match(request));
    const act = next?.act;
    if (next !== undefined) next.act = undefined;
    await act?.();
  };

  const server = createServer((incoming, outgoing) => {
    const serve = async () => {
      const body = await buffer(incoming);
      const { method = "", url: path = "", headers } = incoming;
      const query = headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
      const action = actionOf(headers["x-amz-target"], query === true ? body.toString() : "");
      const request = { method, path, action };
      const key = [method, path, action].join(" ");
      seen.push(request);
      await interrupt(request);
      const fault = takeFault(request);
      if (fault === "loseRequest") return void incoming.socket.destroy();
      const last = lastAnswers.get(key);
      if (fault === "stale" && last !== undefined) {
        outgoing.writeHead(200, { "content-type": last.type });
        return void outgoing.end(last.body);
      }
      if (typeof fault === "object" && "xml" in fault) {
        outgoing.writeHead(fault.status, { "content-type": "text/xml" });
        return void outgoing.end(fault.xml);
      }
      const canned = cannedAnswer(fault);
      if (canned !== undefined && query === true) {
        outgoing.writeHead(canned.status, { "content-type": "text/xml" });
        return void outgoing.end(xmlError(canned));
      }
      if (canned !== undefined) {
        const { status, name, body } = canned;
        const error = name === undefined ? {} : { "x-amzn-errortype": name };
        outgoing.writeHead(status, { "content-type": "application/json", ...error });
        return void outgoing.end(JSON.stringify(body));
      }
      const answer = await pass(target, incoming, body);
      const answered = await buffer(answer);
      const type = answer.headers["content-type"] ?? "application/json";
      lastAnswers.set(key, { type, body: answered });
      if (fault === "loseAnswer") return void incoming.socket.destroy();
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.end(answered);
    };
    serve().catch(() => void incoming.socket.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    inject: (match, fault, times = 1) => void faults.push({ match, fault, left: times }),
    before: (match, act) => void interruptions.push({ match, act }),
    async close() {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Of the header that the JSON protocols have, or of a query protocol's form. */
function actionOf(target: string | string[] | undefined, form: string): string {
  if (typeof target === "string") return target.slice(target.lastIndexOf(".") + 1);
  return new URLSearchParams(form).get("Action") ?? "";
}

/** An error of the query protocol. */
function xmlError({ name = "", body }: CannedAnswer): string {
  return `<ErrorResponse><Error><Type>Sender</Type><Code>${name}</Code><Message>${String(body["message"])}</Message></Error><RequestId>0</RequestId></ErrorResponse>`;
}

function pass(target: string, incoming: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { method, headers, url = "/" } = incoming;
    const outgoing = httpRequest(new URL(url, target), { method, headers, agent: false }, resolve);
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}
