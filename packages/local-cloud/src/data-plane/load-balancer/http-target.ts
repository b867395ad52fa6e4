import type { AnswerHead } from "./answer-parser.ts";
import type { Exchange } from "./exchange.ts";
import { clientHeaders, ownHeaders } from "./forwarded-headers.ts";
import type { FlightControl } from "./in-flight.ts";
import { BalancerFailure, type Reply } from "./reply.ts";
import { TargetAnswer } from "./target-answer.ts";
import type { CallReader, TargetAddress, TargetConnection, Trouble } from "./target-connection.ts";
import type { TargetPool } from "./target-pool.ts";

/**
 * Sends a request to an address, both bodies as streams.
 * Source of the statuses: AWS docs, "Troubleshoot your Application Load Balancers".
 * @param control learns how to end the call before its time.
 * @throws {BalancerFailure}
 */
export function callAddress(
  exchange: Exchange,
  pool: TargetPool,
  at: { readonly host: string; readonly port: number },
  control: FlightControl,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const call = new AddressCall(
      exchange,
      pool,
      { ...at, isTls: isSecure(exchange) },
      {
        resolve,
        reject,
      },
    );
    control.onCut(() => call.drop());
    call.begin();
  });
}

function isSecure({ group }: Exchange): boolean {
  return group?.protocol === "HTTPS";
}

interface Settle {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (failure: BalancerFailure) => void;
}

/** One request on a connection to a target. */
class AddressCall implements CallReader {
  readonly #exchange: Exchange;
  readonly #pool: TargetPool;
  readonly #address: TargetAddress;
  readonly #settle: Settle;
  readonly #connection: TargetConnection;
  readonly #answer: TargetAnswer;
  #head: AnswerHead | undefined;
  #isAnswered = false;
  #isSent = false;
  /** Stops reading the client's body. */
  #stopBody: () => void = () => undefined;

  constructor(exchange: Exchange, pool: TargetPool, address: TargetAddress, settle: Settle) {
    this.#exchange = exchange;
    this.#pool = pool;
    this.#address = address;
    this.#settle = settle;
    this.#connection = pool.take(address);
    this.#answer = new TargetAnswer(this.#connection.socket, () => this.drop());
  }

  begin(): void {
    const { method, balancer } = this.#exchange;
    const idleMs = Number(balancer.attributes["idle_timeout.timeout_seconds"] ?? "60") * 1000;
    this.#connection.begin(this, requestHead(this.#exchange), method, idleMs);
    if (hasBody(this.#exchange)) this.#sendBody();
    else this.#isSent = true;
  }

  /** Ends the call: its time is over, or nobody waits for it. */
  drop(): void {
    this.#stopBody();
    this.#connection.destroy();
    this.fail({ kind: "broken", why: "the call was ended" });
  }

  head(head: AnswerHead): void {
    this.#head = head;
  }

  data(chunk: Buffer): void {
    this.#answer.data(chunk);
  }

  pause(): void {
    this.#tellHead();
    this.#answer.hold();
  }

  end(): void {
    this.#stopBody();
    if (this.#head?.isKept === true && this.#isSent) {
      // The last bytes may have made it wait for this client.
      this.#connection.socket.resume();
      this.#pool.release(this.#address, this.#connection, this.#head.keptSeconds);
    } else this.#connection.destroy();
    this.#answer.end("whole");
    this.#tellHead();
  }

  fail(trouble: Trouble): void {
    this.#stopBody();
    this.#answer.end("broken");
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#settle.reject(failureOf(this.#exchange, trouble));
  }

  drain(): void {
    const { message } = this.#exchange;
    if (!this.#isSent) message.resume();
  }

  #tellHead(): void {
    if (this.#head === undefined || this.#isAnswered) return;
    this.#isAnswered = true;
    const { status, headers } = this.#head;
    this.#settle.resolve({ status, headers, body: this.#answer });
  }

  /** As it comes: the client waits where the target does. */
  #sendBody(): void {
    const { message } = this.#exchange;
    const { socket } = this.#connection;
    const isChunked = message.headers["transfer-encoding"] !== undefined;
    const onData = (chunk: Buffer) => {
      this.#connection.heard();
      if (isChunked) {
        socket.cork();
        socket.write(`${chunk.length.toString(16)}\r\n`, "latin1");
        socket.write(chunk);
        socket.write("\r\n", "latin1");
        socket.uncork();
      } else socket.write(chunk);
      if (socket.writableNeedDrain) message.pause();
    };
    const onEnd = () => {
      this.#stopBody();
      this.#isSent = true;
      if (isChunked) socket.write("0\r\n\r\n", "latin1");
    };
    this.#stopBody = () => void message.off("data", onData).off("end", onEnd);
    message.on("data", onData).on("end", onEnd);
  }
}

/** The request line and headers, as they go over the wire. */
function requestHead(exchange: Exchange): string {
  const { method, target, message } = exchange;
  let head = `${method} ${target} HTTP/1.1\r\n`;
  for (const [name, value] of clientHeaders(exchange)) head += `${name}: ${value}\r\n`;
  for (const [name, value] of ownHeaders(exchange)) head += `${name}: ${value}\r\n`;
  if (message.headers["transfer-encoding"] !== undefined) head += "transfer-encoding: chunked\r\n";
  return `${head}\r\n`;
}

function hasBody({ message }: Exchange): boolean {
  const { headers } = message;
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

/** Source of the statuses: AWS docs, "Troubleshoot your Application Load Balancers". */
function failureOf(exchange: Exchange, trouble: Trouble): BalancerFailure {
  const { message } = exchange;
  switch (trouble.kind) {
    case "connectTimeout":
      exchange.targetTrouble = "connection";
      return new BalancerFailure(504, trouble.why);
    case "noConnection":
      exchange.targetTrouble = "connection";
      return new BalancerFailure(502, trouble.why);
    case "noTls":
      exchange.targetTrouble = "tls";
      return new BalancerFailure(502, trouble.why);
    case "broken":
      return new BalancerFailure(502, trouble.why);
    case "silent":
      // While the request is paused, it is the target that does not read.
      return message.complete || message.isPaused()
        ? new BalancerFailure(504, "the target was silent")
        : new BalancerFailure(408, "the client did not go on with its body");
    default:
      return trouble satisfies never;
  }
}
