import { createRollout, decide, wakeAtMs } from "../../src/index.ts";
import type {
  Command,
  Decision,
  Outstanding,
  Rollout,
  RolloutCreated,
  RolloutEvent,
} from "../../src/index.ts";
import { deepFreeze } from "./freeze.ts";
import { World } from "./world.ts";
import type { Chance } from "./world.ts";

export interface WalkStep {
  readonly before: Rollout;
  readonly event: RolloutEvent;
  readonly decision: Decision;
  readonly world: World;
  /** Whether somebody else has changed the route since the walk began. */
  readonly isMeddledWith: boolean;
}

/** The numbers of a fast-check array, one after the other: fewer or smaller ones make a simpler walk. */
export function chanceFrom(numbers: readonly number[]): Chance & { readonly isUsedUp: boolean } {
  let index = 0;
  return {
    int(below) {
      const number = numbers[index] ?? 0;
      index += 1;
      return number % below;
    },
    get isUsedUp() {
      return index >= numbers.length;
    },
  };
}

const OPERATOR = { actor: "alice", reason: "because" } as const;

/**
 * Walks a rollout through what can happen: outcomes in any order, faults, time in leaps, people, strangers
 * who change the route, crashes that lose outcomes. State and events are frozen throughout.
 */
export function walk(
  created: RolloutCreated,
  chance: Chance & { readonly isUsedUp: boolean },
  onStep: (step: WalkStep) => void,
): { readonly rollout: Rollout; readonly events: readonly RolloutEvent[] } {
  const faults = [0, 5, 30][chance.int(3)] ?? 0;
  const meddling = chance.int(4) === 0;
  const world = new World(chance, faults);
  const flying = new Map<string, Command>();
  const events: RolloutEvent[] = [];
  let rollout = deepFreeze(createRollout(created));
  let atMs = created.atMs;
  let isMeddledWith = false;

  const happen = (event: RolloutEvent) => {
    const before = rollout;
    events.push(deepFreeze(event));
    const decision = deepFreeze(decide(before, event));
    rollout = decision.next;
    for (const command of decision.commands) flying.set(command.id, command);
    onStep({ before, event, decision, world, isMeddledWith });
  };

  while (!chance.isUsedUp) {
    const choice = chance.int(100);
    const due = rollout.outstanding.filter(({ runAtMs }) => runAtMs <= atMs);
    const entry = due[chance.int(Math.max(1, due.length))];
    if (choice < 55 && entry !== undefined) {
      flying.delete(entry.command.id);
      happen(world.run(entry, atMs));
    } else if (choice < 80) {
      atMs = nextMoment(rollout, atMs, chance);
      happen({ kind: "tick", atMs });
    } else if (choice < 84) {
      // A change that was abandoned while under way lands after all, or its answer arrives late.
      const late = rollout.abandoned[0];
      const command = late === undefined ? undefined : flying.get(late.id);
      if (command !== undefined && late !== undefined && late.untilMs > atMs) {
        happen(world.run(asOutstanding(command, atMs), atMs));
      }
    } else if (choice < 86) {
      world.alarm = (["ok", "alarm", "insufficientData", undefined] as const)[chance.int(4)];
    } else if (choice < 90) {
      world.alarm = "ok";
    } else if (choice < 92 && meddling) {
      world.changeElsewhere();
      isMeddledWith = true;
    } else if (choice >= 95) {
      happen(operatorEvent(atMs, chance));
    }
  }
  return { rollout, events };
}

function nextMoment(rollout: Rollout, atMs: number, chance: Chance): number {
  const wakeMs = wakeAtMs(rollout, atMs);
  const retryMs = Math.min(
    ...rollout.outstanding.map(({ runAtMs }) => runAtMs).filter((runAtMs) => runAtMs > atMs),
  );
  const soonMs = Math.min(wakeMs, retryMs, atMs + 60_000);
  const leap = chance.int(20);
  if (leap === 0) return atMs + chance.int(20 * 60_000);
  // A clock that jumps back.
  if (leap === 1) return atMs - chance.int(5000);
  return soonMs;
}

function operatorEvent(atMs: number, chance: Chance): RolloutEvent {
  const kinds = ["pause", "resume", "resume", "promote", "abort", "retry", "retry"] as const;
  const kind = kinds[chance.int(kinds.length)] ?? "pause";
  if (kind === "promote") {
    return { kind: "promoteRequested", full: chance.int(2) === 0, ...OPERATOR, atMs };
  }
  return { kind: `${kind}Requested`, ...OPERATOR, atMs };
}

function asOutstanding(command: Command, atMs: number): Outstanding {
  return { command, attempt: 1, issuedAtMs: atMs, runAtMs: atMs };
}
