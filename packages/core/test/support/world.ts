import type {
  Command,
  CountQuery,
  LiveRoute,
  MetricWindow,
  Outstanding,
  RolloutEvent,
  VersionBucket,
} from "../../src/index.ts";
import type { ErrorCode } from "../../src/errors.ts";
import { NO_TRAFFIC, weightBps } from "../../src/weight.ts";

/** Numbers for every choice that chance makes in a walk. */
export interface Chance {
  /** Uniform integer in [0, below). */
  int(below: number): number;
}

/**
 * A platform for random walks: it keeps one route with a token, obeys the driver contract, and misbehaves
 * as platforms do: it fails before or after the effect, answers late, and lets others change the route.
 */
export class World {
  route: LiveRoute = { stable: "1", weight: NO_TRAFFIC, token: "t0" };
  alarm: "ok" | "alarm" | "insufficientData" | undefined = "ok";
  #token = 0;
  readonly #chance: Chance;
  /** Out of 100: how often anything goes wrong. */
  readonly #faults: number;

  constructor(chance: Chance, faults: number) {
    this.#chance = chance;
    this.#faults = faults;
  }

  /** Somebody else moves the weight of our versions, or puts another version in. */
  changeElsewhere(): void {
    const { stable } = this.route;
    const canary = stable === "1" ? "2" : "1";
    const split = { stable, canary, weight: weightBps(this.#chance.int(10_000) + 1) };
    const whole = { stable: (["9", "1", "2"] as const)[this.#chance.int(3)] ?? "9" };
    this.#set(this.#chance.int(2) === 0 ? { ...whole, weight: NO_TRAFFIC } : split);
  }

  /** What the platform does with a command, and what the driver says of it. */
  run({ command }: Outstanding, atMs: number): RolloutEvent {
    const at = { commandId: command.id, atMs };
    const luck = this.#chance.int(100);
    if (luck < this.#faults) {
      if (luck % 2 === 0) this.effect(command);
      const codes = ["TIMED_OUT", "AWS_THROTTLED", "AWS_UNREACHABLE", "AWS_DENIED"] as const;
      return this.#failed(at, codes[this.#chance.int(codes.length)] ?? "TIMED_OUT");
    }
    return this.effect(command, at) ?? this.#answer(command, at);
  }

  /** The effect on the route alone; returns the refusal when the route was changed elsewhere. */
  effect(command: Command, at = { commandId: command.id, atMs: 0 }): RolloutEvent | undefined {
    if (command.kind === "setWeight" || command.kind === "promote") {
      const { stable, canary, token } = command.change;
      const wanted =
        command.kind === "promote"
          ? { stable: canary, weight: NO_TRAFFIC }
          : { stable, canary, weight: command.change.weight };
      if (same(this.route, wanted)) return undefined;
      if (token !== this.route.token) return this.#failed(at, "ROUTE_CHANGED_ELSEWHERE");
      this.#set(wanted);
    }
    if (command.kind === "restore") {
      const { stable, canary } = command.change;
      const live = [this.route.stable, this.route.canary ?? stable];
      if (!live.every((version) => version === stable || version === canary)) {
        return this.#failed(at, "ROUTE_CHANGED_ELSEWHERE");
      }
      if (!same(this.route, { stable, weight: NO_TRAFFIC })) {
        this.#set({ stable, weight: NO_TRAFFIC });
      }
    }
    return undefined;
  }

  /** Traffic comes and goes; the canary is as good as stable, or in a few windows much worse. */
  #counted({ fromMs, toMs }: MetricWindow, versions: CountQuery["versions"]): VersionBucket[] {
    const share = this.route.weight / 10_000;
    const perSecond = [0, 2, 40, 400, 400][this.#chance.int(5)] ?? 0;
    const canaryErrors = this.#chance.int(12) === 0 ? 0.5 : 0;
    const seconds = Math.min(200, Math.floor((toMs - fromMs) / 1000));
    return Array.from({ length: seconds }, (_, index) => fromMs + index * 1000).flatMap((atMs) =>
      versions.flatMap(({ version, slowerThanMs }) => {
        const isCanary = version === "2";
        const requests = Math.round(perSecond * (isCanary ? share : 1 - share));
        if (requests === 0) return [];
        const errors = isCanary ? Math.floor(requests * canaryErrors) : 0;
        const slow = slowerThanMs.length === 0 ? {} : { slow: slowerThanMs.map(() => 0) };
        const counts = { requests, errors, ...slow };
        return [{ version, fromMs: atMs, toMs: atMs + 1000, stratum: "all", counts }];
      }),
    );
  }

  #set(route: Omit<LiveRoute, "token">): void {
    this.#token += 1;
    this.route = { ...route, token: `t${this.#token}` };
  }

  #failed(at: { commandId: string; atMs: number }, code: ErrorCode): RolloutEvent {
    const jitter = this.#chance.int(100) / 100;
    return { kind: "commandFailed", ...at, code, message: code, hint: "", jitter };
  }

  #answer(command: Command, at: { commandId: string; atMs: number }): RolloutEvent {
    const luck = this.#chance.int(100);
    switch (command.kind) {
      case "prepare": {
        const { token } = this.route;
        const prepared = { stable: "1", canary: "2", published: true, token };
        return { kind: "prepared", ...at, prepared };
      }
      case "setWeight":
      case "promote":
      case "restore":
        return { kind: "routeSet", ...at, route: this.route };
      case "readRoute":
        return { kind: "routeRead", ...at, route: this.route };
      case "readAlarms":
        return {
          kind: "alarmsRead",
          ...at,
          readings: command.names.map((name) => ({ name, state: this.alarm, reason: "because" })),
        };
      case "measure": {
        const value = luck < 75 ? 0 : luck < 85 ? 1000 : undefined;
        const detail = "measured";
        const reading = value === undefined ? { value, detail } : { value, detail };
        return { kind: "measured", ...at, reading };
      }
      case "readTraffic":
        return {
          kind: "trafficRead",
          ...at,
          window: command.window,
          versions: [{ version: "1", counts: { requests: 90, errors: 0 } }],
        };
      case "readBaseline": {
        if (luck < 20) return { kind: "baselineRead", ...at };
        const { version, window } = command;
        const latencyMs = [10, 12, 15, 20, 40, 80, 100];
        const requests = luck < 60 ? 200 : 5000;
        const baseline = { version, window, requests, errors: luck, latencyMs };
        return { kind: "baselineRead", ...at, baseline };
      }
      case "count": {
        const { window, versions } = command.query;
        return { kind: "counted", ...at, window, buckets: this.#counted(window, versions) };
      }
      case "compareBake":
        return { kind: "bakeCompared", ...at, bake: { now: { requests: 100, errors: 1 } } };
      case "runHook": {
        const verdict = luck < 85 ? "pass" : luck < 93 ? "fail" : "error";
        return { kind: "hookFinished", ...at, outcome: { verdict, detail: "hook" } };
      }
      case "cleanUp":
        return { kind: "cleanedUp", ...at };
      case "notify":
        return { kind: "notified", ...at };
      default:
        return command satisfies never;
    }
  }
}

function same(left: LiveRoute, right: Omit<LiveRoute, "token">): boolean {
  return (
    left.stable === right.stable && left.canary === right.canary && left.weight === right.weight
  );
}
