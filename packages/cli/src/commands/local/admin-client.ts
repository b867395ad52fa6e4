import { RolloutError } from "@headgate/core/errors";
import type { Globals } from "../../command.ts";

const DEFAULT_URL = "http://127.0.0.1:4566";
const CALL_TIMEOUT_MS = 10_000;

/** The options by which the `local` commands find their cloud. */
export const ADDRESS_OPTIONS = {
  port: {
    type: "number",
    value: "port",
    help: "Port of the local cloud on 127.0.0.1 (default 4566)",
    min: 1,
    max: 65_535,
  },
} as const;

/** Where the cloud is: `--port`, else `--endpoint-url`, else AWS_ENDPOINT_URL, else the default. */
export function cloudUrl(port: number | undefined, globals: Globals): string {
  if (port !== undefined) return `http://127.0.0.1:${port}`;
  return globals.endpointUrl ?? process.env["AWS_ENDPOINT_URL"] ?? DEFAULT_URL;
}

/**
 * Calls one of the cloud's own routes and returns its JSON answer.
 * @throws {RolloutError} LOCAL_CLOUD when nobody answers, or the answer is a refusal.
 */
export async function callAdmin(
  url: string,
  route: { readonly method: "GET" | "POST"; readonly path: string; readonly body?: unknown },
  timeoutMs = CALL_TIMEOUT_MS,
): Promise<Record<string, unknown>> {
  let response: Response;
  try {
    response = await fetch(new URL(route.path, url), {
      method: route.method,
      headers: { "x-headgate-admin": "1", "content-type": "application/json" },
      body: route.body === undefined ? null : JSON.stringify(route.body),
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (cause) {
    throw new RolloutError("LOCAL_CLOUD", `no local cloud answers at ${url}`, {
      hint: "Start one with `headgate local start`, or say where it is with --port.",
      cause,
    });
  }
  const answer = await readJson(response, url);
  if (!response.ok) {
    throw new RolloutError("LOCAL_CLOUD", `the local cloud refused: ${String(answer["message"])}`, {
      hint: "See `headgate local --help`.",
    });
  }
  return answer;
}

async function readJson(response: Response, url: string): Promise<Record<string, unknown>> {
  const text = await response.text();
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {
    // Falls through: what is not JSON and what is no object are refused in the same words.
  }
  throw new RolloutError("LOCAL_CLOUD", `what answers at ${url} is not a Headgate local cloud`, {
    hint: "Say with --port where the local cloud is.",
  });
}
