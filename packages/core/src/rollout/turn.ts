import { attemptMs } from "./command.ts";
import type { Command, CommandBody, CommandId, CommandKind } from "./command.ts";
import type { Note } from "./note.ts";
import type { Phase } from "./phase.ts";
import type { Outstanding, Rollout } from "./rollout.ts";

/** One call of `decide` in the making. Nothing in it is ever changed in place. */
export interface Turn {
  readonly rollout: Rollout;
  readonly atMs: number;
  readonly notes: readonly Note[];
}

export function change(turn: Turn, changes: Partial<Rollout>): Turn {
  return { ...turn, rollout: { ...turn.rollout, ...changes } };
}

type OptionalKey = {
  [Key in keyof Rollout]-?: undefined extends Rollout[Key] ? Key : never;
}[keyof Rollout];

/** Removes what is absent when unknown; the same turn when it is absent already. */
export function drop(turn: Turn, key: OptionalKey): Turn {
  if (turn.rollout[key] === undefined) return turn;
  const { [key]: _, ...rest } = turn.rollout;
  return { ...turn, rollout: rest };
}

export function note(
  turn: Turn,
  kind: Note["kind"],
  text: string,
  evidence?: NonNullable<Note["evidence"]>,
): Turn {
  const written = evidence === undefined ? { kind, text } : { kind, text, evidence };
  return { ...turn, notes: [...turn.notes, written] };
}

export function enterPhase(turn: Turn, phase: Phase): Turn {
  if (turn.rollout.phase === phase) return turn;
  return change(turn, { phase, phaseSinceMs: turn.atMs });
}

/** Asks for a command under the next id, and remembers it until its outcome is known. */
export function issue(turn: Turn, body: CommandBody): Turn {
  const { id, nextCommand, outstanding } = turn.rollout;
  const command: Command = { ...body, id: `${id}/${nextCommand}`, timeoutMs: attemptMs(body) };
  const entry: Outstanding = {
    command,
    attempt: 1,
    issuedAtMs: turn.atMs,
    runAtMs: turn.atMs,
  };
  return change(turn, { nextCommand: nextCommand + 1, outstanding: [...outstanding, entry] });
}

export function isOutstanding(rollout: Rollout, ...kinds: readonly CommandKind[]): boolean {
  return rollout.outstanding.some(({ command }) => kinds.includes(command.kind));
}

/** A shift waits for every word about the route: two answers must not cross. */
export function isRouteBusy(rollout: Rollout): boolean {
  return isOutstanding(rollout, "setWeight", "promote", "restore", "readRoute");
}

export function outstandingOf(rollout: Rollout, id: CommandId): Outstanding | undefined {
  return rollout.outstanding.find(({ command }) => command.id === id);
}

export function settle(turn: Turn, id: CommandId): Turn {
  const outstanding = turn.rollout.outstanding.filter(({ command }) => command.id !== id);
  return change(turn, { outstanding });
}
