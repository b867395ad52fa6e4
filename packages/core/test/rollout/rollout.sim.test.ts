// Protects the rules of SPEC.md: whatever happens, in whatever order, every decision keeps the invariants
// (asserted inside `decide`), changes nothing in place, and the journal folds back to the state.
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { fold } from "../../src/index.ts";
import type { Rollout } from "../../src/index.ts";
import { createdFor, SPECS } from "../support/specs.ts";
import { chanceFrom, walk } from "../support/walk.ts";

const SEED = Number(process.env["SIM_SEED"] ?? 20_261_121);
const RUNS = Number(process.env["SIM_RUNS"] ?? 150);

const numbers = fc.array(fc.nat({ max: 1_000_000 }), {
  minLength: 100,
  maxLength: 1000,
  size: "max",
});

describe.each(Object.entries(SPECS))("a random walk of %s", (_, spec) => {
  const check = (property: (numbers: readonly number[]) => void) =>
    fc.assert(fc.property(numbers, property), {
      seed: SEED,
      numRuns: RUNS,
      // A walk shrinks slowly and to little use: the seed is enough to see it again.
      endOnFailure: true,
    });

  it(`keeps the platform itself free of the canary after an abort (SIM_SEED=${SEED})`, () => {
    let aborted = 0;
    check((chance) => {
      walk(createdFor(spec), chanceFrom(chance), ({ decision, before, world, isMeddledWith }) => {
        if (decision.next.phase !== "aborted" || before.phase === "aborted") return;
        aborted += 1;
        if (isMeddledWith) return;
        expect(world.route).toMatchObject({ stable: "1", weight: 0 });
      });
    });
    expect(aborted).toBeGreaterThan(0);
  });

  it(`never gives a new share to a canary while an alarm is known to fire (SIM_SEED=${SEED})`, () => {
    let shifts = 0;
    check((chance) => {
      walk(createdFor(spec), chanceFrom(chance), ({ decision }) => {
        for (const command of decision.commands) {
          if (command.kind !== "setWeight" && command.kind !== "promote") continue;
          shifts += 1;
          const firing = decision.next.alarms.filter(
            ({ state, isIgnored }) => state === "alarm" && !isIgnored,
          );
          expect(firing).toEqual([]);
        }
      });
    });
    expect(shifts).toBeGreaterThan(0);
  });

  it(`folds its journal to the same state, which survives JSON (SIM_SEED=${SEED})`, () => {
    const ends = new Set<Rollout["phase"]>();
    check((chance) => {
      const created = createdFor(spec);
      const { rollout, events } = walk(created, chanceFrom(chance), () => {});
      ends.add(rollout.phase);
      expect(fold(created, events)).toEqual(rollout);
      expect(JSON.parse(JSON.stringify(rollout))).toStrictEqual(rollout);
    });
    expect(ends.size).toBeGreaterThan(1);
  });
});
