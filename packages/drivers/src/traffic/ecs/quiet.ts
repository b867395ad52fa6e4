import type { MetricSource } from "@headgate/core";
import { poll } from "../../aws/runner.ts";
import type { Clock } from "../../clock.ts";
import type { EcsCalls } from "./calls.ts";
import type { EcsPlace } from "./place.ts";
import { readDeregistrationDelayMs } from "./target-health.ts";

/** One attempt must end in five minutes; a minute that AWS has counted is known four minutes after it began at most. */
const QUIET_MS = 280_000;
/** Ours: where there is no traffic at all, nothing is under way for longer than this. */
const LONGEST_DELAY_MS = 120_000;

interface QuietParts {
  readonly calls: EcsCalls;
  readonly clock: Clock;
  readonly place: EcsPlace;
}

/**
 * Waits for a window of the load balancer's counts, all of it after the weight was read back, with requests for the one
 * group and none for the other. A service without any requests shows nothing: then the weight that was read back has
 * to do, and the deregistration delay passes first.
 */
export async function untilQuiet(
  { calls, clock, place }: QuietParts,
  counts: MetricSource,
  parts: { readonly startMs: number; readonly lostArn: string; readonly servingArn: string },
): Promise<void> {
  const { startMs, lostArn, servingArn } = parts;
  const { resolutionMs, lagMs } = counts;
  const group = place.groups.find(({ arn }) => arn === lostArn);
  const delayMs = Math.min(
    LONGEST_DELAY_MS,
    group === undefined ? 0 : await readDeregistrationDelayMs(calls, group),
  );
  await poll({
    clock,
    deadlineMs: QUIET_MS,
    waitingFor: `requests to have left target group ${group?.name ?? lostArn}`,
    read: async () => {
      const toMs = Math.floor((clock.nowMs() - lagMs) / resolutionMs) * resolutionMs;
      const window = { fromMs: toMs - resolutionMs, toMs };
      const { versions } = await counts.compare([lostArn, servingArn], window);
      const of = (arn: string) => versions.get(arn)?.requests ?? 0;
      return { window, lost: of(lostArn), serving: of(servingArn) };
    },
    settled: ({ window, lost, serving }) => {
      if (lost > 0 || window.fromMs < startMs) return undefined;
      return serving > 0 || clock.nowMs() >= startMs + delayMs ? true : undefined;
    },
    describe: ({ lost, serving, window }) =>
      `${lost} requests for it and ${serving} for the other in the ${resolutionMs / 1000} s up to ${new Date(window.toMs).toISOString()}`,
  });
}
