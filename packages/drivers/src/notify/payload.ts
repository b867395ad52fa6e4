import type { Notice } from "@headgate/core";

/**
 * What webhooks and topics get: the envelope of the Standard Webhooks specification, and in it the notice.
 * Source: standardwebhooks.com, "Payload structure" (type, timestamp, data).
 */
export function payloadOf(notice: Notice): string {
  const { kind, atMs, weight, ...rest } = notice;
  return JSON.stringify({
    type: `rollout.${kind}`,
    timestamp: new Date(atMs).toISOString(),
    data: { ...rest, kind, weightPercent: weight / 100 },
  });
}
