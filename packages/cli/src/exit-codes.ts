/** The process's answer to a script. Documented in the README; never renumbered. */
export const EXIT = {
  /** Promoted, or simply fine. */
  ok: 0,
  /** Wrong usage or a wrong spec. */
  usage: 2,
  rolledBack: 10,
  /** Aborted by a person. */
  aborted: 11,
  /** Held: inconclusive, paused or waiting for approval. */
  held: 12,
  timedOut: 13,
  outsideWindow: 14,
  /** Could not do it: AWS's side or ours. */
  failed: 20,
} as const;
