import type { HookCall, HookOutcome, SmokeTest } from "@headgate/core";
import { isDeepStrictEqual } from "node:util";
import { readBounded } from "./bounded-body.ts";
import { filled, filledHeaders } from "./placeholders.ts";
import { tail } from "./verdict.ts";

type SmokeRequest = SmokeTest["requests"][number];

/** What one request may take when it does not say. */
const REQUEST_MS = 10_000;

/**
 * Asks one request after the other; the first that is answered otherwise than it must be is a fail, an answer that
 * does not come included: that a new version cannot be reached is what a smoke test is for.
 */
export async function runSmoke(call: HookCall, test: SmokeTest): Promise<HookOutcome> {
  const endMs = performance.now() + call.timeoutMs;
  let slowestMs = 0;
  for (const request of test.requests) {
    const leftMs = Math.ceil(endMs - performance.now());
    const url = urlOf(test, request, call);
    const what = `${request.method} ${url}`;
    if (leftMs <= 0) return { verdict: "error", detail: `no time was left for ${what}` };
    const { lack, tookMs } = await ask(url, call, test, request, Math.min(leftMs, REQUEST_MS));
    if (lack !== undefined) return { verdict: "fail", detail: `${what}: ${lack}` };
    slowestMs = Math.max(slowestMs, tookMs);
  }
  const count = `${test.requests.length} ${test.requests.length === 1 ? "request" : "requests"}`;
  return {
    verdict: "pass",
    detail: `${count} answered as they must be, the slowest in ${Math.round(slowestMs)} ms`,
  };
}

function urlOf({ url }: SmokeTest, { path }: SmokeRequest, call: HookCall): string {
  return `${filled(url, call).replace(/\/+$/, "")}${filled(path, call)}`;
}

/** @returns what is wrong with the answer; undefined when nothing is. */
async function ask(
  url: string,
  call: HookCall,
  test: SmokeTest,
  request: SmokeRequest,
  timeoutMs: number,
): Promise<{ readonly lack: string | undefined; readonly tookMs: number }> {
  const startMs = performance.now();
  const took = () => performance.now() - startMs;
  try {
    const response = await fetch(url, {
      method: request.method,
      headers: { "user-agent": "headgate", ...filledHeaders(test.headers, call) },
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
      ...(request.body === undefined ? {} : { body: filled(request.body, call) }),
    });
    const body = await readBounded(response);
    const tookMs = took();
    return { lack: lackOf(request, response.status, body, tookMs), tookMs };
  } catch (error) {
    return { lack: `not answered: ${reasonOf(error, timeoutMs)}`, tookMs: took() };
  }
}

function lackOf(
  { statuses, json, contains, maxLatencyMs }: SmokeRequest,
  status: number,
  body: string | undefined,
  tookMs: number,
): string | undefined {
  if (!statuses.includes(status)) {
    return `status ${status}, must be ${statuses.join(" or ")}: ${tail(body ?? "")}`;
  }
  if (maxLatencyMs !== undefined && tookMs > maxLatencyMs) {
    return `answered after ${Math.round(tookMs)} ms, at most ${maxLatencyMs} ms are allowed`;
  }
  if (contains === undefined && json === undefined) return undefined;
  if (body === undefined) return "the answer is too long to look into";
  if (contains !== undefined && !body.includes(contains)) {
    return `the answer does not contain ${JSON.stringify(contains)}: ${tail(body)}`;
  }
  return json === undefined ? undefined : jsonLack(json, body);
}

function jsonLack(wanted: NonNullable<SmokeRequest["json"]>, body: string): string | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return `the answer is no JSON: ${tail(body)}`;
  }
  for (const [path, value] of Object.entries(wanted)) {
    const found = valueAt(answer, path);
    if (isDeepStrictEqual(found, value)) continue;
    const got = found === undefined ? "nothing" : JSON.stringify(found);
    return `${path} is ${got}, must be ${JSON.stringify(value)}`;
  }
  return undefined;
}

/** The value at "items[0].id" in a JSON document; undefined when there is none. */
export function valueAt(document: unknown, path: string): unknown {
  const keys = path.match(/[^.[\]]+/g) ?? [];
  return keys.reduce<unknown>((value, key) => {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    return new Map<string, unknown>(Object.entries(value)).get(key);
  }, document);
}

export function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${timeoutMs} ms`;
  return error.cause instanceof Error ? error.cause.message : error.message;
}
