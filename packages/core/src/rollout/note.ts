import type { Json } from "./json.ts";

/**
 * Why something happened, written beside its event in the journal: `history` and `why` print from these
 * alone. `text` is one sentence for people; `evidence` is what the decision rested on.
 */
export interface Note {
  readonly kind: NoteKind;
  readonly text: string;
  readonly evidence?: { readonly [key: string]: Json };
}

export type NoteKind =
  /** A phase or step began or ended as planned. */
  | "progress"
  /** The weight should rise and does not, and what it waits for. */
  | "held"
  | "paused"
  | "resumed"
  /** A measurement that was not a pass, an alarm that changed, a hook's answer. */
  | "observed"
  /** An attempt failed and will be repeated, or was given up. */
  | "trouble"
  | "promoted"
  /** The rollout turned back. The evidence says what for. */
  | "aborting"
  | "aborted"
  | "degraded"
  /** An operator's request that could not be obeyed, and why. */
  | "refused";
