/** Who has to act, what the process exits with, and whether trying again can help. */
interface ErrorRow {
  readonly blame: "user" | "platform" | "headgate";
  readonly exitCode: number;
  readonly retry: "never" | "later" | "reread";
}

/** Every failure an operator can meet. The exit codes are the command line's (README, "Exit codes"). */
export const ERRORS = {
  SPEC_INVALID: { blame: "user", exitCode: 2, retry: "never" },
  RECORDING_INVALID: { blame: "user", exitCode: 2, retry: "never" },
  USAGE: { blame: "user", exitCode: 2, retry: "never" },
  TARGET_NOT_FOUND: { blame: "user", exitCode: 20, retry: "never" },
  TARGET_UNSUITABLE: { blame: "user", exitCode: 20, retry: "never" },
  REVISION_NOT_FOUND: { blame: "user", exitCode: 20, retry: "never" },
  REVISION_INVALID: { blame: "user", exitCode: 20, retry: "never" },
  REVISION_UNCHANGED: { blame: "user", exitCode: 20, retry: "never" },
  STABLE_UNUSABLE: { blame: "user", exitCode: 20, retry: "never" },
  CANARY_UNUSABLE: { blame: "user", exitCode: 20, retry: "never" },
  HOOK_NOT_FOUND: { blame: "user", exitCode: 20, retry: "never" },
  PREFLIGHT_FAILED: { blame: "user", exitCode: 20, retry: "never" },
  ROLLOUT_NOT_FOUND: { blame: "user", exitCode: 20, retry: "never" },
  ROLLOUT_RUNNING: { blame: "user", exitCode: 20, retry: "later" },
  ROLLOUT_NOT_RUNNING: { blame: "user", exitCode: 20, retry: "never" },
  JOURNAL_LOCKED: { blame: "user", exitCode: 20, retry: "later" },
  JOURNAL_UNUSABLE: { blame: "platform", exitCode: 20, retry: "never" },
  ROUTE_CHANGED_ELSEWHERE: { blame: "platform", exitCode: 20, retry: "reread" },
  AWS_DENIED: { blame: "user", exitCode: 20, retry: "never" },
  AWS_CREDENTIALS: { blame: "user", exitCode: 20, retry: "never" },
  AWS_THROTTLED: { blame: "platform", exitCode: 20, retry: "later" },
  AWS_UNREACHABLE: { blame: "platform", exitCode: 20, retry: "later" },
  AWS_REFUSED: { blame: "platform", exitCode: 20, retry: "never" },
  TIMED_OUT: { blame: "platform", exitCode: 13, retry: "later" },
  METRICS_UNREADABLE: { blame: "user", exitCode: 20, retry: "later" },
  NOTICE_NOT_SENT: { blame: "user", exitCode: 20, retry: "later" },
  DRIVER_BROKEN: { blame: "headgate", exitCode: 20, retry: "later" },
  LOCAL_CLOUD: { blame: "platform", exitCode: 20, retry: "never" },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** What an operator can meet. The message says what happened, the value and what is allowed. */
export class RolloutError extends Error {
  override readonly name = "RolloutError";
  readonly code: ErrorCode;
  /** The next thing to do, as one sentence. */
  readonly hint: string;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly hint: string; readonly cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** Our bug. Caught only at the process edge, which records the state and stops. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** @throws {InvariantError} when `holds` is false. `message` starts with the invariant's number in SPEC.md. */
export function invariant(holds: boolean, message: string): asserts holds {
  if (!holds) throw new InvariantError(message);
}
