import type { AlarmLook } from "../contracts/guards.ts";
import type { HookCall } from "../contracts/hook.ts";
import type { CountQuery, MetricQuery, MetricWindow } from "../contracts/metric-source.ts";
import type { Notice } from "../contracts/notice.ts";
import type { RouteChange, VersionId } from "../contracts/traffic-driver.ts";

/** `<rollout>/<n>`, n counting from 1. Running a command twice under one id is harmless. */
export type CommandId = string;

/** What the controller is asked to do, as data. Each kind is one method of one contract. */
export type CommandBody =
  | {
      readonly kind: "prepare";
      /** How long functions may take that the platform asks meanwhile. */
      readonly hooksMs?: number;
    }
  | { readonly kind: "setWeight"; readonly change: RouteChange }
  | { readonly kind: "promote"; readonly change: Omit<RouteChange, "weight"> }
  | { readonly kind: "restore"; readonly change: Omit<RouteChange, "weight"> }
  | { readonly kind: "readRoute" }
  | {
      readonly kind: "readAlarms";
      readonly names: readonly string[];
      /** Those that are also to be classified: a longer look. */
      readonly classify?: AlarmLook;
    }
  | {
      readonly kind: "measure";
      readonly check: string;
      readonly query: MetricQuery;
      readonly window: MetricWindow;
    }
  | {
      readonly kind: "readTraffic";
      readonly versions: readonly VersionId[];
      readonly window: MetricWindow;
    }
  | {
      readonly kind: "readBaseline";
      readonly version: VersionId;
      readonly window: MetricWindow;
      /** The end of it: the rate of requests now, which may be another than hours ago. */
      readonly recentWindow: MetricWindow;
    }
  | { readonly kind: "count"; readonly query: CountQuery }
  /** Reads all traffic of the window and of the same hours a day and a week before. */
  | { readonly kind: "compareBake"; readonly window: MetricWindow }
  | { readonly kind: "runHook"; readonly call: HookCall }
  | {
      readonly kind: "cleanUp";
      readonly versions: {
        readonly stable: VersionId;
        readonly canary: VersionId;
        readonly live: VersionId;
      };
    }
  | NotifyBody;

type NotifyBody =
  | {
      readonly kind: "notify";
      readonly notice: Notice;
      /** Index into `spec.notify`. */
      readonly receiver: number;
    }
  /** Journals from before a command had one receiver: for all of them, in fewer words. */
  | {
      readonly kind: "notify";
      readonly notice: Pick<Notice, "rollout" | "subject" | "text" | "atMs">;
      readonly receiver?: undefined;
    };

export type CommandKind = CommandBody["kind"];

export type Command = CommandBody & {
  readonly id: CommandId;
  /** How long one attempt may take before the controller reports TIMED_OUT. Milliseconds. */
  readonly timeoutMs: number;
};

export type NoticeCommand = Command & { readonly kind: "notify" };

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** How long one attempt may take. Ours, not AWS's: every wait ends. */
const ATTEMPT_MS = {
  // A version's provisioned concurrency can take minutes to be ready.
  prepare: 15 * MINUTE,
  setWeight: 30 * SECOND,
  promote: 30 * SECOND,
  restore: 30 * SECOND,
  readRoute: 10 * SECOND,
  readAlarms: 10 * SECOND,
  measure: 15 * SECOND,
  readTraffic: 15 * SECOND,
  readBaseline: 15 * SECOND,
  count: 15 * SECOND,
  compareBake: 15 * SECOND,
  runHook: 5 * SECOND,
  cleanUp: 5 * MINUTE,
  notify: 10 * SECOND,
} as const satisfies Record<CommandKind, number>;

/** Classifying alarms reads their metrics too. */
const CLASSIFY_MS = 15 * SECOND;

/** A hook's runner enforces the hook's own timeout; the controller waits a little longer for its word. */
export function attemptMs(body: CommandBody): number {
  if (body.kind === "prepare") return ATTEMPT_MS.prepare + (body.hooksMs ?? 0);
  if (body.kind === "runHook") return ATTEMPT_MS.runHook + body.call.timeoutMs;
  if (body.kind === "readAlarms" && body.classify !== undefined) {
    return ATTEMPT_MS.readAlarms + CLASSIFY_MS;
  }
  return ATTEMPT_MS[body.kind];
}

/** What happens when an attempt fails in a way that trying again can help. */
export interface RetryRule {
  /** Attempts in all; Infinity for "never give up". */
  readonly attempts: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
}

const ONCE: RetryRule = { attempts: 1, firstDelayMs: 0, longestDelayMs: 0 };
const CHANGE: RetryRule = { attempts: 8, firstDelayMs: 200, longestDelayMs: 20 * SECOND };

export const RETRY = {
  prepare: { attempts: 5, firstDelayMs: 500, longestDelayMs: 20 * SECOND },
  setWeight: CHANGE,
  // Moving an alias's own provisioned concurrency can take a quarter of an hour, told as TIMED_OUT.
  promote: { ...CHANGE, attempts: 40 },
  // The way back is never given up.
  restore: { attempts: Infinity, firstDelayMs: 100, longestDelayMs: 5 * SECOND },
  // Observations are repeated by their own poll, or count as an error of their check.
  readRoute: ONCE,
  readAlarms: ONCE,
  measure: ONCE,
  readTraffic: ONCE,
  readBaseline: ONCE,
  count: ONCE,
  compareBake: ONCE,
  runHook: { attempts: 5, firstDelayMs: 500, longestDelayMs: 10 * SECOND },
  cleanUp: { attempts: 5, firstDelayMs: 500, longestDelayMs: 20 * SECOND },
  notify: { attempts: 3, firstDelayMs: 500, longestDelayMs: 5 * SECOND },
} as const satisfies Record<CommandKind, RetryRule>;

/** Waits twice as long after each attempt, less up to half of it by `jitter` (0 to 1, handed in). */
export function retryDelayMs(rule: RetryRule, attempt: number, jitter: number): number {
  const fullMs = Math.min(rule.longestDelayMs, rule.firstDelayMs * 2 ** (attempt - 1));
  return Math.round(fullMs * (1 - jitter / 2));
}

/** The commands that move traffic towards the canary. */
export function isShift(kind: CommandKind): kind is "setWeight" | "promote" {
  return kind === "setWeight" || kind === "promote";
}

/** The commands that change the route at all: at most one of them is outstanding (I5). */
export function changesRoute(kind: CommandKind): kind is "setWeight" | "promote" | "restore" {
  return isShift(kind) || kind === "restore";
}
