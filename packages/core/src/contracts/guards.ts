import type { PreflightFinding, VersionId } from "./traffic-driver.ts";

export type AlarmState = "ok" | "alarm" | "insufficientData";

export interface AlarmReading {
  readonly name: string;
  /** Undefined when there is no such alarm. */
  readonly state: AlarmState | undefined;
  /** The platform's own reason, for people. */
  readonly reason: string;
}

export interface AlarmSource {
  /** One reading per name, in the order given. */
  read(names: readonly string[]): Promise<readonly AlarmReading[]>;
  /** Whether the alarms exist, can act on this target and have ever received data. */
  preflight(names: readonly string[]): Promise<readonly PreflightFinding[]>;
}

export interface HookCall {
  readonly name: string;
  readonly target:
    | { readonly kind: "lambda"; readonly functionName: string }
    | { readonly kind: "http"; readonly url: string }
    | { readonly kind: "command"; readonly argv: readonly string[] };
  readonly timeoutMs: number;
  /** What the hook is told: as JSON payload, request body, or HEADGATE_* environment. */
  readonly input: {
    readonly rollout: string;
    readonly hook: string;
    readonly stable: VersionId;
    readonly canary: VersionId;
    readonly weightBps: number;
  };
}

/**
 * pass and fail are the hook's own word; error means it could not be asked (not found, timed out,
 * broke). Neither error nor silence ever counts as a pass.
 */
export interface HookOutcome {
  readonly verdict: "pass" | "fail" | "error";
  readonly detail: string;
}

export interface HookRunner {
  run(call: HookCall): Promise<HookOutcome>;
  preflight(calls: readonly HookCall[]): Promise<readonly PreflightFinding[]>;
}

export interface Notice {
  readonly rollout: string;
  readonly subject: string;
  readonly text: string;
  readonly atMs: number;
}

export interface Notifier {
  /** Best effort: a failing notifier never stops a rollout; what it throws is recorded. */
  notify(notice: Notice): Promise<void>;
}
