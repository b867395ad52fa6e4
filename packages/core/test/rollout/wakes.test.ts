// Protects a rollout from sleeping for ever and from spinning: of every spec, at every moment of a whole rollout, there is
// a command to be answered or a later moment at which it looks again, long before its deadline unless a person is asked.
import { describe, expect, it } from "vitest";

import { createRollout, decide, wakeAtMs } from "../../src/index.ts";
import type { Rollout, RolloutEvent } from "../../src/index.ts";
import { createdFor, SPECS, START_MS } from "../support/specs.ts";
import { World } from "../support/world.ts";

/** Further than this a rollout that nobody has paused never sleeps: something is always polled. */
const LONGEST_SLEEP_MS = 120_000;
/** More decisions in one second than this are a circle. */
const MOST_A_SECOND = 40;

const FEEDS = [
  { resolutionMs: 1000, lagMs: 1000 },
  { resolutionMs: 10_000, lagMs: 2000 },
  { resolutionMs: 60_000, lagMs: 120_000 },
];

function* whole(created: ReturnType<typeof createdFor>): Generator<{
  readonly rollout: Rollout;
  readonly atMs: number;
}> {
  const world = new World({ int: () => 0 }, 0);
  let rollout = createRollout(created);
  let atMs = START_MS;
  const tell = (event: RolloutEvent) => {
    rollout = decide(rollout, event).next;
  };
  tell({ kind: "tick", atMs });
  while (rollout.finished === undefined) {
    // A day of waiting for a person shows nothing that its first moment does not.
    if (rollout.pause !== undefined && rollout.pause.why !== "approval") return;
    yield { rollout, atMs };
    const due = rollout.outstanding.find(({ runAtMs }) => runAtMs <= atMs);
    if (due !== undefined) {
      tell(world.run(due, atMs));
      continue;
    }
    const retriesMs = rollout.outstanding.map(({ runAtMs }) => runAtMs);
    atMs = Math.min(wakeAtMs(rollout, atMs), ...retriesMs);
    tell({ kind: "tick", atMs });
  }
}

describe.each(FEEDS)("counts every $resolutionMs ms, $lagMs ms late", (metrics) => {
  it.each(Object.entries(SPECS))(
    "%s always has a next moment, up to its end or a person's word",
    (_, spec) => {
      const sleeps: string[] = [];
      let second = 0;
      let decisions = 0;
      let most = 0;
      for (const { rollout, atMs } of whole(createdFor(spec, { metrics }))) {
        const now = Math.floor(atMs / 1000);
        decisions = now === second ? decisions + 1 : 1;
        second = now;
        most = Math.max(most, decisions);
        if (rollout.outstanding.length > 0 || rollout.phase === "paused") continue;
        const wakeMs = wakeAtMs(rollout, atMs);
        if (wakeMs <= atMs || wakeMs - atMs > LONGEST_SLEEP_MS) {
          sleeps.push(`${rollout.phase}, step ${rollout.step.index}: ${wakeMs - atMs} ms`);
        }
      }
      expect(sleeps).toEqual([]);
      expect(most).toBeLessThanOrEqual(MOST_A_SECOND);
    },
  );
});
