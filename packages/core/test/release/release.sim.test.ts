// Protects releases against everything at once: faults, alarms, people, freezes, and a coordinator whose orders are lost
// or given twice. Nobody has traffic before all are ready, what came last turns back first, and at the end all targets
// are promoted or none.
import { expect, it } from "vitest";
import type { Rollout } from "../../src/index.ts";
import { seededChance } from "../support/chance.ts";
import { ReleaseWalk } from "../support/release-walk.ts";

const SEED = Number(process.env["SIM_SEED"] ?? 20_261_121);
const RUNS = Number(process.env["SIM_RUNS"] ?? 60);
const STEPS = 3500;

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

/** Whether a target may be left where it is when the release turns back those before it; frozen, it is a person's matter. */
const staysAside = ({ phase, irreversible, abort }: Rollout) =>
  phase === "degraded" ||
  phase === "healthy" ||
  irreversible !== undefined ||
  abort?.isLeft === true;

/** What is wrong after something came to the target of this name; undefined when nothing is. */
function wrongNow(walk: ReleaseWalk, name: string, before: Rollout): string | undefined {
  const all = [...walk.rollouts.values()];
  const isServed = all.some(({ weight }) => weight > 0);
  if (isServed && all.some(({ versions }) => versions === undefined)) {
    return "traffic before all are ready";
  }
  const after = walk.rollouts.get(name);
  if (after?.abort?.cause.kind !== "release" || before.abort !== undefined) return undefined;
  const standing = all
    .slice(all.indexOf(after) + 1)
    .filter((later) => !isBack(later) && !staysAside(later));
  if (standing.length === 0) return undefined;
  return `${name} turned back before ${standing.map(({ id, phase }) => `${id}, ${phase}`).join("; ")}`;
}

/** What is wrong with how a walk ended, or was left; undefined when nothing is. */
function wrongAtEnd({ rollouts, outcome }: ReleaseWalk): string | undefined {
  const all = [...rollouts.values()];
  const promoted = all.filter(({ finished }) => finished?.outcome === "promoted").length;
  const shown = all.map(({ phase, finished }) => finished?.outcome ?? phase).join(", ");
  if (promoted > 0 && outcome !== undefined && promoted < all.length)
    return `only some promoted: ${shown}`;
  if (outcome === "degraded") return undefined;
  // Calm for long, it waits for a person only: what is frozen, degraded or refused cannot go on by itself.
  const isWaiting = all.some(({ phase }) => phase === "paused" || phase === "degraded");
  if (outcome === undefined) return isWaiting ? undefined : `stuck at ${shown}`;
  const isRight = promoted === (outcome === "promoted" ? all.length : 0);
  return isRight ? undefined : `${shown} is called ${outcome}`;
}

it("is all or nothing, whatever happens", () => {
  const seen = new Set<string>();
  const wrong: string[] = [];
  for (let run = 0; run < RUNS; run++) {
    const seed = SEED + run;
    const chance = seededChance(seed, Infinity);
    const frozen = ([undefined, undefined, "db", "api"] as const)[chance.int(4)];
    const shift = chance.int(2) === 0 ? "sequence" : "together";
    const walk = new ReleaseWalk(releaseText(shift, frozen), chance);
    walk.run(STEPS, (name, before) => {
      const now = wrongNow(walk, name, before);
      if (now !== undefined) wrong.push(`SIM_SEED=${seed} SIM_RUNS=1: ${now}`);
    });
    const end = wrongAtEnd(walk);
    if (end !== undefined) wrong.push(`SIM_SEED=${seed} SIM_RUNS=1: ${end}`);
    seen.add(walk.outcome ?? "waiting");
  }
  expect(wrong).toEqual([]);
  // Walks that never get anywhere would protect nothing.
  expect([...seen]).toEqual(
    expect.arrayContaining(RUNS === 1 ? [] : ["promoted", "rolledBack", "waiting"]),
  );
});
