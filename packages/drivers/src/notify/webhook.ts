import type { Notice, Notifier } from "@headgate/core";

/** A receiver that is slow must not hold up a rollout. */
const DEADLINE_MS = 5000;

/**
 * Posts each notice as JSON to every address: `{rollout, subject, text, at}` with `at` in ISO 8601. One
 * failing receiver keeps the others from nothing; what failed is thrown in the end, to be recorded.
 */
export function webhookNotifier(urls: readonly string[]): Notifier {
  return {
    async notify(notice) {
      const sent = await Promise.allSettled(urls.map((url) => post(url, notice)));
      const failures = sent.flatMap((result) =>
        result.status === "rejected" ? [String(result.reason)] : [],
      );
      if (failures.length > 0) throw new Error(`could not notify: ${failures.join("; ")}`);
    },
  };
}

async function post(url: string, { rollout, subject, text, atMs }: Notice): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "user-agent": "headgate" },
    body: JSON.stringify({ rollout, subject, text, at: new Date(atMs).toISOString() }),
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`${new URL(url).host} answered ${response.status}`);
}
