// Protects the transition table: no decision leaves it (asserted in `decide`), and it says nothing that
// cannot happen: the walks reach every entry.
import { describe, expect, it } from "vitest";

import { BY_TIME, EVENT_KINDS, PHASES, TRANSITIONS } from "../../src/index.ts";
import type { Phase } from "../../src/index.ts";
import { seededChance } from "../support/chance.ts";
import { createdFor, SPECS } from "../support/specs.ts";
import { walk } from "../support/walk.ts";

const WALKS_PER_SPEC = 500;
const NUMBERS_PER_WALK = 900;

/** Ways that take several rare things at once: a stranger who promotes, or a restore refused and then not. */
const SELDOM = new Set(["progressing baking", "progressing healthy", "degraded aborted"]);

/** A person goes on after a stranger has promoted. */
const STRANGE = new Set(["paused routeRead baking", "paused routeRead healthy"]);

function walkedWays(): { readonly exact: Set<string>; readonly byAny: Set<string> } {
  const exact = new Set<string>();
  const byAny = new Set<string>();
  for (const spec of Object.values(SPECS)) {
    for (let seed = 1; seed <= WALKS_PER_SPEC; seed++) {
      walk(
        createdFor(spec),
        seededChance(seed, NUMBERS_PER_WALK),
        ({ before, event, decision }) => {
          exact.add(`${before.phase} ${event.kind} ${decision.next.phase}`);
          byAny.add(`${before.phase} ${decision.next.phase}`);
        },
      );
    }
  }
  return { exact, byAny };
}

describe("the transition table", () => {
  const walked = walkedWays();

  it("has no entry that the walks never reach", () => {
    const unreached: string[] = [];
    for (const from of PHASES) {
      const byTime: readonly Phase[] = BY_TIME[from];
      for (const to of byTime) {
        const way = `${from} ${to}`;
        if (!walked.byAny.has(way) && !SELDOM.has(way)) unreached.push(`${way} (by time)`);
      }
      for (const kind of EVENT_KINDS) {
        for (const to of TRANSITIONS[from][kind]) {
          const way = `${from} ${kind} ${to}`;
          if (byTime.includes(to) || walked.exact.has(way)) continue;
          if (!SELDOM.has(`${from} ${to}`) && !STRANGE.has(way)) unreached.push(way);
        }
      }
    }
    expect(unreached).toEqual([]);
    expect(walked.exact.size).toBeGreaterThan(100);
  });

  it("leads out of nothing that is over, but for a person's retry", () => {
    for (const kind of EVENT_KINDS) {
      expect(TRANSITIONS.healthy[kind]).toEqual(["healthy"]);
      const again = kind === "retryRequested" ? ["preparing"] : [];
      expect(TRANSITIONS.aborted[kind]).toEqual(["aborted", ...again]);
    }
  });

  it("never leads from turning back to going on", () => {
    const onward = new Set<Phase>(["preparing", "progressing", "paused", "promoting", "baking"]);
    for (const from of ["aborting", "degraded"] as const) {
      for (const kind of EVENT_KINDS) {
        expect(TRANSITIONS[from][kind].filter((to) => onward.has(to))).toEqual([]);
      }
    }
  });
});
