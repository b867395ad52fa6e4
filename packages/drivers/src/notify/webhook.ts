import { type Notice, type Notifier, RolloutError } from "@headgate/core";

/** A receiver that is slow must not hold up a rollout. */
const DEADLINE_MS = 5000;

/**
 * Posts each notice as JSON to every address: `{rollout, subject, text, at}` with `at` in ISO 8601. One
 * failing receiver keeps the others from nothing; what failed is thrown in the end, to be recorded.
 * Only a receiver's host is named in errors: its path is often a secret.
 */
export function webhookNotifier(urls: readonly string[]): Notifier {
  return {
    async notify(notice) {
      const sent = await Promise.allSettled(urls.map((url) => post(url, notice)));
      const failures = sent.flatMap((result) =>
        result.status === "rejected" ? [reasonOf(result.reason)] : [],
      );
      if (failures.length === 0) return;
      throw new RolloutError("NOTICE_NOT_SENT", `could not notify: ${failures.join("; ")}`, {
        hint: "Check the webhook's address and its receiver; the rollout goes on without it.",
      });
    },
  };
}

async function post(url: string, { rollout, subject, text, atMs }: Notice): Promise<void> {
  const { host } = new URL(url);
  const body = JSON.stringify({ rollout, subject, text, at: new Date(atMs).toISOString() });
  const headers = { "content-type": "application/json", "user-agent": "headgate" };
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const response = await fetch(url, { method: "POST", headers, body, signal }).catch(
    (error: unknown) => {
      throw new Error(`${host} did not answer: ${reasonOf(error)}`, { cause: error });
    },
  );
  await response.body?.cancel();
  if (!response.ok) throw new Error(`${host} answered ${response.status}`);
}

/** What is behind fetch's "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === "fetch failed" && error.cause instanceof Error
    ? error.cause.message
    : error.message;
}
