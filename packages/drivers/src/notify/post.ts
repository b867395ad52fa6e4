import { type LookupAddress, lookup } from "node:dns";
import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { isPrivate } from "./private-address.ts";

/** A receiver that is slow must not hold up a rollout's end. For one attempt, name look-up and all. */
const DEADLINE_MS = 5000;

/** More than a receiver's own words about what is wrong take. */
const ANSWER_BYTES_MAX = 2048;

const SHOWN_CHARACTERS = 200;

/** How a name is looked up; handed in by tests that need a name which lies. */
export type Resolve = (
  name: string,
  done: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void;

export interface Post {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly allowPrivate: boolean;
  readonly resolve?: Resolve | undefined;
  readonly deadlineMs?: number | undefined;
}

/**
 * Posts one body, on a connection of its own. Follows no redirect, reads little of the answer, and connects
 * only to addresses that are looked at in the connection's own look-up: a name that means another address by
 * the time it is connected to gains nothing.
 * @throws {Error} Names the host and nothing else of the address, for the rest is often a secret.
 */
export async function post(wanted: Post): Promise<void> {
  const { url, headers, body, allowPrivate, deadlineMs = DEADLINE_MS } = wanted;
  const host = bareHost(url);
  if (!allowPrivate && isIP(host) !== 0 && isPrivate(host))
    throw new Error(refusal(url.host, host));
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  const signal = AbortSignal.timeout(deadlineMs);
  const sent = send(url, {
    method: "POST",
    agent: false,
    headers: {
      "content-type": "application/json",
      "user-agent": "headgate",
      "content-length": Buffer.byteLength(body),
      ...headers,
    },
    lookup: lookupFor(url.host, allowPrivate, wanted.resolve ?? resolveName),
    signal,
  });
  try {
    const answer = await answerTo(sent, body).catch((error: Error) => {
      const late = `no answer within ${deadlineMs / 1000} s`;
      const reason = signal.aborted ? late : reasonOf(error);
      throw new Error(`${url.host} did not take it: ${reason}`, { cause: error });
    });
    const { statusCode = 0 } = answer;
    if (statusCode >= 200 && statusCode < 300) return;
    throw new Error(`${url.host} answered ${statusCode}${await wordsOf(answer, statusCode)}`);
  } finally {
    sent.destroy();
  }
}

/** Why a URL can be refused before anything is looked up; undefined when it cannot. */
export function refusalOf(url: URL, allowPrivate: boolean): string | undefined {
  const host = bareHost(url);
  const isKnown = isIP(host) !== 0 || host === "localhost";
  if (allowPrivate || !isKnown) return undefined;
  return host === "localhost" || isPrivate(host) ? refusal(url.host, host) : undefined;
}

function answerTo(sent: ClientRequest, body: string): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  sent.on("response", resolve);
  // Also after an answer came: what breaks then has been said already, or does not matter.
  sent.on("error", reject);
  sent.end(body);
  return promise;
}

async function wordsOf(answer: IncomingMessage, status: number): Promise<string> {
  if (status >= 300 && status < 400) return ", a redirect, which is not followed";
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer) {
      const read = Buffer.from(chunk);
      chunks.push(read);
      bytes += read.length;
      if (bytes >= ANSWER_BYTES_MAX) break;
    }
  } catch {
    // The status alone will do.
  }
  const words = Buffer.concat(chunks)
    .toString("utf8")
    .replaceAll(/[\p{C}\s]+/gu, " ")
    .trim();
  return words === "" ? "" : `: ${words.slice(0, SHOWN_CHARACTERS)}`;
}

function lookupFor(shownHost: string, allowPrivate: boolean, resolve: Resolve): LookupFunction {
  return (name, { all }, done) =>
    resolve(name, (error, found) => {
      if (error !== null) return done(error, "");
      const usable = allowPrivate ? found : found.filter(({ address }) => !isPrivate(address));
      const [first] = usable;
      if (first === undefined) {
        const addresses = found.map(({ address }) => address).join(", ");
        return done(new Error(refusal(shownHost, addresses)), "");
      }
      return all === true ? done(null, [...usable]) : done(null, first.address, first.family);
    });
}

const resolveName: Resolve = (name, done) => lookup(name, { all: true }, done);

function refusal(host: string, address: string): string {
  return `${host} is at ${address}, an address of this machine or a private network; allowPrivate: true lets it through`;
}

function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

/** Several addresses were tried: the first one's failure stands for all. */
function reasonOf(error: Error): string {
  if (!(error instanceof AggregateError)) return error.message;
  const [first]: readonly unknown[] = error.errors;
  return first instanceof Error ? first.message : error.message;
}
