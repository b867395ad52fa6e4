import { createRollout, decide, wakeAtMs } from "../../src/index.ts";
import type {
  Command,
  CommandKind,
  Rollout,
  RolloutCreated,
  RolloutEvent,
  VersionBucket,
} from "../../src/index.ts";
import { NO_TRAFFIC } from "../../src/weight.ts";
import type { WeightBps } from "../../src/weight.ts";
import { createdFor, specOf, START_MS } from "./specs.ts";

export interface Traffic {
  readonly perSecond: number;
  readonly stableErrors: number;
  readonly canaryErrors: number;
  /** Which share of the canary's requests is counted at all. */
  readonly canaryHeard?: number;
}

export interface PlayOptions {
  readonly resolutionMs?: number;
  readonly lagMs?: number;
  readonly countedBy?: "router" | "version";
  readonly unanswered?: readonly CommandKind[];
  readonly created?: Partial<RolloutCreated>;
  /** What a test answers itself; undefined for what is always answered. */
  readonly answer?: (command: Command, play: Play) => RolloutEvent | undefined;
}

/** Spreads a rate evenly over time: the n-th second gets what is due by then. */
function due(rate: number, second: number): number {
  return Math.floor(rate * (second + 1)) - Math.floor(rate * second);
}

/** Plays a whole rollout: every command is answered at once and rightly, time leaps from wake to wake. */
export class Play {
  rollout: Rollout;
  atMs = START_MS;
  readonly notes: string[] = [];
  readonly weights: { readonly atMs: number; readonly weight: number }[] = [];
  readonly #traffic: (second: number) => Traffic | undefined;
  readonly #unanswered: readonly CommandKind[];
  readonly #answerFirst: NonNullable<PlayOptions["answer"]>;
  #token = 0;

  constructor(
    spec: string,
    traffic: Traffic | ((second: number) => Traffic | undefined),
    options: PlayOptions = {},
  ) {
    const { resolutionMs = 1000, lagMs = 1000, unanswered = [], countedBy } = options;
    const metrics: RolloutCreated["metrics"] = {
      lagMs,
      resolutionMs,
      ...(countedBy === undefined ? {} : { countedBy }),
    };
    const target = { id: "lambda:checkout:live", label: "checkout:live", resolutionBps: 1 };
    const created = { metrics, target, ...options.created };
    this.rollout = createRollout(createdFor(specOf(spec), created));
    this.#traffic = typeof traffic === "function" ? traffic : () => traffic;
    this.#unanswered = unanswered;
    this.#answerFirst = options.answer ?? (() => undefined);
  }

  /** Until it is finished, waits for a person, or `forMs` has passed. */
  run(forMs = 3_600_000): this {
    const endMs = this.atMs + forMs;
    this.tell({ kind: "tick", atMs: this.atMs });
    while (this.rollout.finished === undefined && this.rollout.phase !== "paused") {
      if (!this.step(endMs)) return this;
    }
    return this;
  }

  /** Answers one command, or leaps to the next wake. False when that is after `endMs`. */
  step(endMs = Infinity): boolean {
    const next = this.rollout.outstanding.find(({ command, runAtMs }) => {
      return runAtMs <= this.atMs && !this.#unanswered.includes(command.kind);
    });
    if (next !== undefined) {
      this.tell(this.#answerFirst(next.command, this) ?? this.#answer(next));
      return true;
    }
    const wakeMs = Math.min(wakeAtMs(this.rollout, this.atMs), this.#againAtMs());
    if (wakeMs > endMs) return false;
    this.atMs = wakeMs;
    this.tell({ kind: "tick", atMs: this.atMs });
    return true;
  }

  /** When a command is to be run that waits for its time. */
  #againAtMs(): number {
    const later = this.rollout.outstanding.filter(
      ({ command, runAtMs }) => runAtMs > this.atMs && !this.#unanswered.includes(command.kind),
    );
    return Math.min(...later.map(({ runAtMs }) => runAtMs));
  }

  ask(kind: "pauseRequested" | "resumeRequested" | "promoteRequested" | "retryRequested"): this {
    const who = { actor: "alice", reason: "because", atMs: this.atMs };
    this.tell(kind === "promoteRequested" ? { kind, full: false, ...who } : { kind, ...who });
    return this;
  }

  /** Takes one event over, whatever it is. */
  tell(event: RolloutEvent): void {
    const { next, notes } = decide(this.rollout, event);
    if (next.weight !== this.rollout.weight) {
      this.weights.push({ atMs: this.atMs - START_MS, weight: next.weight });
    }
    this.rollout = next;
    this.notes.push(...notes.map(({ text }) => text));
  }

  #route(weight: WeightBps, stable = "1") {
    this.#token += 1;
    const token = `t${this.#token}`;
    return weight === NO_TRAFFIC
      ? { stable, weight, token }
      : { stable, canary: "2", weight, token };
  }

  #answer({ command }: Rollout["outstanding"][number]): RolloutEvent {
    const at = { commandId: command.id, atMs: this.atMs };
    switch (command.kind) {
      case "prepare": {
        const prepared = { stable: "1", canary: "2", published: true, token: "t0" };
        return { kind: "prepared", ...at, prepared };
      }
      case "setWeight":
        return { kind: "routeSet", ...at, route: this.#route(command.change.weight) };
      case "promote":
        return { kind: "routeSet", ...at, route: this.#route(NO_TRAFFIC, "2") };
      case "restore":
        return { kind: "routeSet", ...at, route: this.#route(NO_TRAFFIC) };
      case "readRoute":
        return { kind: "routeRead", ...at, route: this.rollout.route };
      case "readBaseline": {
        const { version, window } = command;
        const baseline = { version, window, requests: 100_000, errors: 100 };
        return { kind: "baselineRead", ...at, baseline, recent: { requests: 1500, seconds: 15 } };
      }
      case "count": {
        const { window } = command.query;
        return { kind: "counted", ...at, window, buckets: this.counted(window) };
      }
      case "compareBake":
        return { kind: "bakeCompared", ...at, bake: { now: { requests: 900, errors: 9 } } };
      case "readTraffic":
        return { kind: "trafficRead", ...at, window: command.window, versions: [] };
      case "cleanUp":
        return { kind: "cleanedUp", ...at };
      case "readAlarms":
      case "measure":
      case "runHook":
      case "notify":
        throw new Error(`nobody here answers ${command.kind}`);
      default:
        return command satisfies never;
    }
  }

  /** What the source has of the window: both versions, at the weight that was live. */
  counted({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): VersionBucket[] {
    const lengthMs = this.rollout.metrics.resolutionMs;
    const buckets: VersionBucket[] = [];
    for (let atMs = fromMs; atMs < toMs; atMs += lengthMs) {
      const index = (atMs - START_MS) / lengthMs;
      const traffic = this.#traffic((atMs - START_MS) / 1000);
      const weight = this.weights.findLast((one) => one.atMs <= atMs - START_MS)?.weight ?? 0;
      if (traffic === undefined) continue;
      const perBucket = (traffic.perSecond * lengthMs) / 1000;
      const add = (version: string, rate: number, errorRate: number) => {
        const requests = due(rate, index);
        const errors = Math.min(requests, due(rate * errorRate, index));
        if (requests === 0) return;
        buckets.push({
          version,
          fromMs: atMs,
          toMs: atMs + lengthMs,
          stratum: "all",
          counts: { requests, errors },
        });
      };
      add("1", perBucket * (1 - weight / 10_000), traffic.stableErrors);
      add("2", perBucket * (weight / 10_000) * (traffic.canaryHeard ?? 1), traffic.canaryErrors);
    }
    return buckets;
  }
}

export const GOOD: Traffic = { perSecond: 100, stableErrors: 0.001, canaryErrors: 0.001 };
export const BAD: Traffic = { perSecond: 100, stableErrors: 0.001, canaryErrors: 0.3 };
export const CANARY =
  "strategy: { canary: { steps: [{ setWeight: 10% }, { pause: 30s }] } }\nanalysis: {}\n";
export const LINEAR = "strategy: { linear: { step: 10%, every: 1m } }\nanalysis: {}\n";
export const BUDGET = "strategy: { budget: {} }\nanalysis: {}\n";
