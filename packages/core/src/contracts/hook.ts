import type { PreflightFinding, VersionId } from "./traffic-driver.ts";

/** Who is asked, or what is done. Of URLs, headers and bodies {stable} and {canary} become the versions. */
export type HookTarget =
  | { readonly kind: "lambda"; readonly functionName: string }
  | EcsFunction
  | CodeDeployFunction
  | { readonly kind: "http"; readonly url: string }
  | { readonly kind: "command"; readonly argv: readonly string[] }
  | SmokeTest
  | LoadTest
  | InvokeTest
  /** What the platform says of the canary: its tasks, their health, room for them, roles. */
  | { readonly kind: "capacity" };

/** A function made for lifecycle hooks of Amazon ECS: asked and answering as ECS would have it. */
export interface EcsFunction {
  readonly kind: "ecsFunction";
  readonly functionName: string;
  /** The JSON text of an object: `hookDetails` of the first event. */
  readonly details?: string | undefined;
}

/** A function made for AppSpecs: CodeDeploy invokes it and hears its report; Headgate reads what came of it. */
export interface CodeDeployFunction {
  readonly kind: "codeDeployFunction";
  readonly functionName: string;
}

/** Requests that must be answered as they say, one after the other. */
export interface SmokeTest {
  readonly kind: "smoke";
  /** What every path comes after: "http://localhost:8080". */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requests: readonly {
    readonly path: string;
    readonly method: string;
    readonly body?: string | undefined;
    readonly statuses: readonly number[];
    /** Values in a JSON answer, by path: "items[0].id". */
    readonly json?: Readonly<Record<string, string | number | boolean | null>> | undefined;
    readonly contains?: string | undefined;
    readonly maxLatencyMs?: number | undefined;
  }[];
}

/** Load of a fixed rate, for a time, and the limits that its answers must keep. */
export interface LoadTest {
  readonly kind: "load";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly method: string;
  readonly body?: string | undefined;
  readonly requestsPerSecond: number;
  readonly forMs: number;
  readonly limits: {
    /** 0 to 1. */
    readonly maxErrorShare: number;
    readonly maxP50Ms?: number | undefined;
    readonly maxP95Ms?: number | undefined;
    readonly maxP99Ms?: number | undefined;
  };
}

/** Events that a function must answer as they say, one after the other. */
export interface InvokeTest {
  readonly kind: "invoke";
  /** Undefined: the canary's own. */
  readonly functionName?: string | undefined;
  readonly events: readonly {
    readonly name?: string | undefined;
    /** JSON texts, as they were given. */
    readonly payload: string;
    readonly expected?: string | undefined;
    readonly maxDurationMs?: number | undefined;
  }[];
}

export interface HookCall {
  readonly name: string;
  readonly target: HookTarget;
  readonly timeoutMs: number;
  /** What the hook is told: as JSON payload, request body, or HEADGATE_* environment. */
  readonly input: {
    readonly rollout: string;
    readonly hook: string;
    /** The point of the rollout: "beforeTraffic". */
    readonly when: string;
    readonly stable: VersionId;
    /** Absent before the new version is made. */
    readonly canary?: VersionId;
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
