import { RolloutError } from "@headgate/core";
import type { Clock, Random } from "../clock.ts";
import { type AwsRequest, translateAwsError } from "./errors.ts";
import { type FailureKind, failureKindOf } from "./failure.ts";

type Retry = "any" | "unsent" | "never";

export interface CallLimits {
  /** For all attempts together: after it nothing is sent any more. Default 30 s. */
  readonly deadlineMs?: number;
  /** For one attempt, so that one lost answer does not use up the deadline. Default 15 s. */
  readonly attemptMs?: number;
  /**
   * What may be tried again. "any" (the default) is for reads and for writes that notice their own
   * first attempt. "unsent" tries again only what certainly had no effect, "never" nothing: the caller looks
   * first.
   */
  readonly retry?: Retry;
}

/**
 * Makes one call to AWS, retrying throttling and transient failures with full jitter until the
 * deadline. Hands `send` the signal that ends an attempt; the SDK call must be given it.
 * @throws {RolloutError} AWS_*, TARGET_NOT_FOUND, TIMED_OUT, USAGE (no region). Never AWS's own error.
 */
export type AwsRunner = <Output>(
  request: AwsRequest,
  send: (signal: AbortSignal) => Promise<Output>,
  limits?: CallLimits,
) => Promise<Output>;

const DEFAULT_DEADLINE_MS = 30_000;
const DEFAULT_ATTEMPT_MS = 15_000;
const LONGEST_DELAY_MS = 5000;

interface RetryRule {
  /** Before the first retry at most; doubles with each. Milliseconds. */
  readonly baseMs: number;
  /** How often this kind of failure is met in one call before it counts. */
  readonly failures: number;
  /** Whether the failed attempt certainly had no effect. */
  readonly unsent: boolean;
}

const NEVER = undefined;

const RETRIES: Readonly<Record<FailureKind, RetryRule | undefined>> = {
  throttled: { baseMs: 500, failures: 12, unsent: true },
  transient: { baseMs: 100, failures: 8, unsent: false },
  timedOut: { baseMs: 100, failures: 3, unsent: false },
  // A wrong address does not get better: say so soon.
  unreachable: { baseMs: 200, failures: 4, unsent: true },
  credentials: NEVER,
  denied: NEVER,
  notFound: NEVER,
  noRegion: NEVER,
  refused: NEVER,
};

export function awsRunner(parts: { readonly clock: Clock; readonly random: Random }): AwsRunner {
  const { clock, random } = parts;
  return async (request, send, limits = {}) => {
    const { deadlineMs = DEFAULT_DEADLINE_MS, attemptMs = DEFAULT_ATTEMPT_MS } = limits;
    const endMs = clock.nowMs() + deadlineMs;
    const failures = new Map<RetryRule, number>();
    for (;;) {
      const remainingMs = endMs - clock.nowMs();
      if (remainingMs <= 0) throw tooLate(request);
      try {
        // A hung connection is a matter of real time, whatever clock the waiting follows.
        return await send(AbortSignal.timeout(Math.ceil(Math.min(attemptMs, remainingMs))));
      } catch (error) {
        const failure = translateAwsError(error, request);
        if (failure === undefined) throw error;
        const rule = ruleFor(error, limits.retry ?? "any");
        if (rule === undefined) throw failure;
        const count = (failures.get(rule) ?? 0) + 1;
        failures.set(rule, count);
        const ceilingMs = Math.min(LONGEST_DELAY_MS, rule.baseMs * 2 ** (count - 1));
        const delayMs = random.next() * ceilingMs;
        if (count >= rule.failures || clock.nowMs() + delayMs >= endMs) throw failure;
        await clock.sleep(delayMs);
      }
    }
  };
}

function ruleFor(error: unknown, retry: Retry): RetryRule | undefined {
  if (retry === "never") return undefined;
  const kind = failureKindOf(error);
  const rule = kind === undefined ? undefined : RETRIES[kind];
  return rule === undefined || (retry === "unsent" && !rule.unsent) ? undefined : rule;
}

function tooLate({ action, subject }: AwsRequest): RolloutError {
  return new RolloutError("TIMED_OUT", `no time was left for ${action} of ${subject}`, {
    hint: "Try again; nothing was sent.",
  });
}

/**
 * Reads until `settled` gives a value, with pauses that grow from 100 ms to two seconds.
 * @throws {RolloutError} TIMED_OUT at the deadline, naming `waitingFor` and what was read last.
 */
export async function poll<Reading, Value>(options: {
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly waitingFor: string;
  readonly read: () => Promise<Reading>;
  readonly settled: (reading: Reading) => Value | undefined;
  readonly describe: (reading: Reading) => string;
}): Promise<Value> {
  const endMs = options.clock.nowMs() + options.deadlineMs;
  for (let pauseMs = 100; ; pauseMs = Math.min(2000, pauseMs * 1.5)) {
    const reading = await options.read();
    const value = options.settled(reading);
    if (value !== undefined) return value;
    if (options.clock.nowMs() + pauseMs > endMs) {
      const seconds = Math.round(options.deadlineMs / 1000);
      throw new RolloutError(
        "TIMED_OUT",
        `gave up after ${seconds} s waiting for ${options.waitingFor}; last seen: ${options.describe(reading)}`,
        { hint: "Look at it in the AWS console, then try again." },
      );
    }
    await options.clock.sleep(pauseMs);
  }
}
