import { RolloutError } from "@headgate/core";

/** The controller waits 15 s for a measurement. */
const DEADLINE_MS = 5000;
/** A large page has a few thousand lines. */
const BYTES_MAX = 16 * 1024 * 1024;

/**
 * Fetches a text. User and password in the URL are sent as basic authentication and never shown.
 * @throws {RolloutError} METRICS_UNREADABLE
 */
export async function fetchText(
  url: URL,
): Promise<{ readonly status: number; readonly text: string }> {
  const address = new URL(url);
  const headers: Record<string, string> = { "user-agent": "headgate" };
  if (address.username !== "" || address.password !== "") {
    const credentials = [address.username, address.password].map(decodeURIComponent).join(":");
    headers["authorization"] = `Basic ${Buffer.from(credentials).toString("base64")}`;
    address.username = "";
    address.password = "";
  }
  try {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const response = await fetch(address, { headers, signal });
    return { status: response.status, text: await textOf(response, address) };
  } catch (error) {
    if (error instanceof RolloutError) throw error;
    throw unreadable(shown(address), reasonOf(error), "Check that it is running and the address.");
  }
}

/** The URL as messages may show it: without password and without a query's text. */
export function shown(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

export function unreadable(where: string, why: string, hint: string): RolloutError {
  return new RolloutError("METRICS_UNREADABLE", `${where}: ${why}`, { hint });
}

async function textOf({ body }: Response, address: URL): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > BYTES_MAX) {
      const why = `it answers more than ${BYTES_MAX / 1024 / 1024} MB`;
      throw unreadable(shown(address), why, "Serve the metrics of the requests on their own path.");
    }
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** What is behind fetch's "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${DEADLINE_MS / 1000} s`;
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}
