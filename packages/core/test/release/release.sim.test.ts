// Protects releases against everything at once: faults, alarms, people, freezes, and a coordinator whose orders are lost
// or given twice. Nobody has traffic before all are ready, what came last turns back first, and at the end all targets
// are promoted or none, or the outcome says that it is neither.
import { expect, it } from "vitest";
import type { Rollout } from "../../src/index.ts";
import { seededChance } from "../support/chance.ts";
import { ReleaseWalk } from "../support/release-walk.ts";

const SEED = Number(process.env["SIM_SEED"] ?? 20_261_121);
const RUNS = Number(process.env["SIM_RUNS"] ?? 60);
const STEPS = 2500;

/** The last has no hook, so that its first step is the barrier itself. */
const hookOf = (name: string, isReversible: boolean) =>
  name === "web"
    ? ""
    : `hooks: [{ name: check, when: beforeTraffic, reversible: ${isReversible}, command: [./check] }]`;

const target = (name: string, isReversible: boolean) => `
    ${name}:
      target: { lambda: { function: ${name}, alias: live } }
      revision: { version: 2 }
      analysis: none
      alarms: [errors]
      strategy: { canary: { steps: [{ setWeight: 20% }, { pause: 5s }] } }
      ${hookOf(name, isReversible)}`;

function releaseText(shift: string, frozen: string | undefined): string {
  const targets = ["db", "api", "web"].map((name) => target(name, name !== frozen));
  return `name: shop\nrelease:\n  shift: ${shift}\n  targets:${targets.join("")}\n`;
}

const isBack = ({ abort }: Rollout) => abort?.isRestored === true;

it("is all or nothing, or says that it is neither, whatever happens", () => {
  const seen = new Set<string>();
  for (let run = 0; run < RUNS; run++) {
    const seed = SEED + run;
    const chance = seededChance(seed, Infinity);
    const frozen = ([undefined, undefined, "db", "api"] as const)[chance.int(4)];
    const shift = chance.int(2) === 0 ? "sequence" : "together";
    const walk = new ReleaseWalk(releaseText(shift, frozen), chance);
    const names = [...walk.parts.keys()];
    walk.run(STEPS, (name, before) => {
      const { rollouts } = walk;
      const after = rollouts.get(name);
      const hasTraffic = [...rollouts.values()].some(({ weight }) => weight > 0);
      const isUnready = [...rollouts.values()].some(({ versions }) => versions === undefined);
      expect(hasTraffic && isUnready, `seed ${seed}: traffic before all are ready`).toBe(false);
      // What the release itself turns back waits for those that came after it, unless they stay where they are.
      if (after?.abort?.cause.kind === "release" && before.abort === undefined) {
        const later = names.slice(names.indexOf(name) + 1).map((one) => rollouts.get(one));
        const standing = later.filter(
          (one) =>
            one !== undefined &&
            !isBack(one) &&
            !["degraded", "healthy"].includes(one.phase) &&
            one.pause?.why !== "frozen" &&
            one.abort?.isLeft !== true,
        );
        const shown = standing.map((one) => `${one?.id} ${one?.phase}`);
        expect(shown, `seed ${seed}: ${name} turned back before these`).toEqual([]);
      }
    });
    const { outcome } = walk;
    const outcomes = [...walk.rollouts.values()].map(({ finished }) => finished?.outcome);
    const promoted = outcomes.filter((one) => one === "promoted").length;
    if (outcome !== undefined && outcome !== "degraded") {
      const isWhole = promoted === 0 || promoted === names.length;
      expect(isWhole, `seed ${seed}: ${outcomes.join(", ")} is ${outcome}`).toBe(true);
      expect(outcome === "promoted", `seed ${seed}`).toBe(promoted === names.length);
    }
    if (outcome === undefined) {
      // Calm for long, it waits for a person only: what is frozen, degraded or refused cannot go on by itself.
      const waits = [...walk.rollouts.values()].some(({ phase }) =>
        ["paused", "degraded"].includes(phase),
      );
      const phases = [...walk.rollouts.values()].map(({ phase }) => phase);
      expect(waits, `seed ${seed}: stuck at ${phases.join(", ")}`).toBe(true);
    }
    seen.add(outcome ?? "waiting");
  }
  // Walks that never get anywhere would protect nothing.
  expect([...seen]).toEqual(expect.arrayContaining(["promoted", "rolledBack", "waiting"]));
});
