import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Clock, Scheduled } from "../../clock.ts";
import { type AnswerHead, AnswerParser, MalformedAnswer } from "./answer-parser.ts";

export interface TargetAddress {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
}

/** Why a connection gave no whole answer. */
export type Trouble =
  | { readonly kind: "noConnection" | "connectTimeout" | "noTls" | "broken"; readonly why: string }
  /** Nothing came for as long as the load balancer waits. */
  | { readonly kind: "silent" };

/** Who is told of the answer to one request: `end` or `fail` comes last, once. */
export interface CallReader {
  head(head: AnswerHead): void;
  data(chunk: Buffer): void;
  /** The bytes that came together have been told. */
  pause(): void;
  end(): void;
  fail(trouble: Trouble): void;
  /** The target takes more of the request. */
  drain(): void;
}

/** Source: AWS docs, "Troubleshoot your Application Load Balancers": HTTP 504. In real time. */
const CONNECT_MAX_MS = 10_000;

/** One connection to a target, for one request after the other. */
export class TargetConnection {
  readonly socket: Socket;
  /** Until when the target can be trusted to keep it, on `performance.now()`. */
  keptUntilMs = Number.POSITIVE_INFINITY;
  readonly #silence: Silence;
  #isConnected = false;
  #isSecure: boolean;
  #call: { readonly reader: CallReader; readonly parser: AnswerParser } | undefined;

  /** @param onClosed told once, when it can carry nothing any more. */
  constructor(address: TargetAddress, clock: Clock, onClosed: (it: TargetConnection) => void) {
    const { host, port, isTls } = address;
    this.#isSecure = !isTls;
    this.#silence = new Silence(clock, () => this.#fail({ kind: "silent" }));
    // Source: AWS docs, "Target groups": certificates of targets are not validated.
    this.socket = isTls
      ? connectTls({ host, port, rejectUnauthorized: false })
      : connectPlain({ host, port, noDelay: true });
    const slow = setTimeout(() => {
      this.#fail({ kind: "connectTimeout", why: `no connection within ${CONNECT_MAX_MS} ms` });
    }, CONNECT_MAX_MS);
    slow.unref();
    this.socket.once("connect", () => (this.#isConnected = true));
    this.socket.once("secureConnect", () => (this.#isSecure = true));
    this.socket.once(isTls ? "secureConnect" : "connect", () => clearTimeout(slow));
    this.socket.on("data", (bytes: Buffer) => this.#read(bytes));
    this.socket.on("drain", () => this.#call?.reader.drain());
    this.socket.once("end", () => this.#ended());
    this.socket.once("error", (error) => this.#fail(this.#troubleOf(error.message)));
    this.socket.once("close", () => {
      clearTimeout(slow);
      this.#silence.stop();
      this.#fail(this.#troubleOf("the connection was closed"));
      onClosed(this);
    });
  }

  /** Sends the head of a request; its body goes to `socket`. */
  begin(reader: CallReader, head: string, method: string, idleMs: number): void {
    const parser = new AnswerParser(
      {
        head: (answer) => reader.head(answer),
        data: (chunk) => reader.data(chunk),
        end: () => {
          this.#call = undefined;
          this.#silence.pause();
          reader.end();
        },
      },
      method,
    );
    this.#call = { reader, parser };
    this.#silence.begin(idleMs);
    this.socket.write(head, "latin1");
  }

  /** The request goes on. */
  heard(): void {
    this.#silence.heard();
  }

  destroy(): void {
    this.#call = undefined;
    this.socket.destroy();
  }

  #read(bytes: Buffer): void {
    const call = this.#call;
    // What nobody asked for would be taken for the next answer.
    if (call === undefined) return this.destroy();
    this.#silence.heard();
    try {
      call.parser.feed(bytes);
    } catch (error) {
      if (!(error instanceof MalformedAnswer)) throw error;
      // The answer was whole, and then came more: only the connection is spoilt.
      if (this.#call === undefined) this.destroy();
      else this.#fail({ kind: "broken", why: error.message });
      return;
    }
    call.reader.pause();
  }

  #ended(): void {
    if (this.#call?.parser.close() !== true) {
      this.#fail(this.#troubleOf("the target ended the connection"));
    }
    this.socket.destroy();
  }

  #fail(trouble: Trouble): void {
    const call = this.#call;
    this.#call = undefined;
    this.socket.destroy();
    call?.reader.fail(trouble);
  }

  #troubleOf(why: string): Trouble {
    if (!this.#isConnected) return { kind: "noConnection", why };
    return this.#isSecure ? { kind: "broken", why } : { kind: "noTls", why };
  }
}

/** Tells when nothing was heard for too long, on the cloud's clock: one timer for many requests. */
class Silence {
  readonly #clock: Clock;
  readonly #tell: () => void;
  #idleMs = 0;
  #lastMs = 0;
  #isOn = false;
  #armed: { readonly dueMs: number; readonly task: Scheduled } | undefined;

  constructor(clock: Clock, tell: () => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  begin(idleMs: number): void {
    this.#idleMs = idleMs;
    this.#isOn = true;
    this.heard();
    const dueMs = this.#lastMs + idleMs;
    // A timer of an earlier request will do, unless it would come too late.
    if (this.#armed === undefined || this.#armed.dueMs > dueMs) this.#arm(dueMs);
  }

  heard(): void {
    this.#lastMs = this.#clock.nowMs();
  }

  pause(): void {
    this.#isOn = false;
  }

  stop(): void {
    this.#isOn = false;
    this.#armed?.task.cancel();
    this.#armed = undefined;
  }

  #arm(dueMs: number): void {
    this.#armed?.task.cancel();
    this.#armed = { dueMs, task: this.#clock.schedule(dueMs, () => this.#look()) };
  }

  #look(): void {
    this.#armed = undefined;
    if (!this.#isOn) return;
    const dueMs = this.#lastMs + this.#idleMs;
    if (this.#clock.nowMs() >= dueMs) this.#tell();
    else this.#arm(dueMs);
  }
}
