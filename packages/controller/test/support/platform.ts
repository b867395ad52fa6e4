import { NO_TRAFFIC, RolloutError, weightBps } from "@headgate/core";
import type {
  AlarmState,
  ArmCounts,
  CountQuery,
  LiveRoute,
  MetricWindow,
  PreflightFinding,
  RouteChange,
  TrafficDriver,
  VersionBucket,
  VersionCounts,
} from "@headgate/core";

import type { Drivers } from "../../src/index.ts";

/** What a platform keeps between two processes. */
export interface PlatformState {
  route: LiveRoute;
  /** Every split that was ever live, in order. */
  splits: string[];
  prepared: boolean;
  cleanUps: number;
  changes: number;
}

export function newPlatformState(): PlatformState {
  return {
    route: { stable: "1", weight: NO_TRAFFIC, token: "t0" },
    splits: ["1"],
    prepared: false,
    cleanUps: 0,
    changes: 0,
  };
}

/**
 * A platform at the contract's edge: one route with a token, two versions, alarms and numbers that a test
 * sets. It keeps the contract: idempotent changes, a token that has to match, the route read back.
 */
export class Platform {
  readonly state: PlatformState;
  alarms: Record<string, AlarmState> = {};
  /** What a metric reads now; undefined for no data. */
  value: number | undefined = 0;
  hook: "pass" | "fail" | "error" = "pass";
  counts: VersionCounts = { requests: 100, errors: 0 };
  /** What each version does in every second. */
  perSecond: ArmCounts = { requests: 100, errors: 0 };
  /** The same of version 2 alone, when it is not like the other. */
  canaryPerSecond: ArmCounts | undefined;
  notices: string[] = [];
  name = "live";
  findings: PreflightFinding[] = [];
  /** Throws instead of the next calls of a method, once per entry. */
  readonly failures: { method: keyof TrafficDriver; error: Error }[] = [];
  readonly #save: () => void;

  constructor(state: PlatformState = newPlatformState(), save: () => void = () => {}) {
    this.state = state;
    this.#save = save;
  }

  /** Somebody else changes the route. */
  meddle(route: Omit<LiveRoute, "token">): void {
    this.#set(route);
  }

  get drivers(): Drivers {
    return {
      traffic: this.#traffic(),
      metrics: {
        resolutionMs: 1000,
        lagMs: 0,
        countedBy: "router",
        baseline: async () => undefined,
        history: async () => [],
        count: async ({ versions, window }) => this.#bucketsOf(versions, window),
        compare: async (versions, window) => ({
          window,
          versions: new Map(versions.map((version) => [version, this.counts])),
        }),
        read: async () => ({ value: this.value, detail: "as set" }),
      },
      alarms: {
        read: async (names) =>
          names.map((name) => ({ name, state: this.alarms[name], reason: "as set" })),
      },
      hooks: {
        run: async () => ({ verdict: this.hook, detail: "as set" }),
        preflight: async () => [],
      },
      notifier: {
        notify: async ({ subject }) => void this.notices.push(subject),
        preflight: async () => [],
      },
    };
  }

  /** Both versions in every second of the window, all requests answered. */
  #bucketsOf(versions: CountQuery["versions"], { fromMs, toMs }: MetricWindow): VersionBucket[] {
    const seconds = Array.from(
      { length: (toMs - fromMs) / 1000 },
      (_, index) => fromMs + index * 1000,
    );
    return seconds.flatMap((atMs) =>
      versions.map(({ version }) => ({
        version,
        fromMs: atMs,
        toMs: atMs + 1000,
        stratum: "all",
        counts: (version === "2" ? this.canaryPerSecond : undefined) ?? this.perSecond,
      })),
    );
  }

  #traffic(): TrafficDriver {
    const shift = (change: Omit<RouteChange, "weight">, wanted: Omit<LiveRoute, "token">) => {
      if (!isSame(this.state.route, wanted)) {
        if (change.token !== this.state.route.token) throw changedElsewhere(this.state.route);
        this.#set(wanted);
      }
      return this.state.route;
    };
    return {
      describe: async () => ({
        id: `platform:${this.name}`,
        label: `platform ${this.name}`,
        route: this.state.route,
        resolutionBps: 100,
      }),
      preflight: async () => this.findings,
      prepare: async () => {
        this.#maybeFail("prepare");
        this.state.prepared = true;
        this.#save();
        return { stable: "1", canary: "2", published: true, token: this.state.route.token };
      },
      setWeight: async (change) => {
        this.#maybeFail("setWeight");
        const { stable, canary, weight } = change;
        return shift(change, { stable, canary, weight });
      },
      readRoute: async () => this.state.route,
      promote: async (change) => {
        this.#maybeFail("promote");
        return shift(change, { stable: change.canary, weight: NO_TRAFFIC });
      },
      restore: async ({ stable, canary }) => {
        this.#maybeFail("restore");
        const { route } = this.state;
        const isOurs = [route.stable, route.canary ?? stable].every(
          (version) => version === stable || version === canary,
        );
        if (!isOurs) throw changedElsewhere(route);
        if (!isSame(route, { stable, weight: NO_TRAFFIC })) {
          this.#set({ stable, weight: NO_TRAFFIC });
        }
        return this.state.route;
      },
      cleanUp: async () => {
        this.#maybeFail("cleanUp");
        this.state.cleanUps += 1;
        this.#save();
      },
    };
  }

  #maybeFail(method: keyof TrafficDriver): void {
    const index = this.failures.findIndex((failure) => failure.method === method);
    const [failure] = index < 0 ? [] : this.failures.splice(index, 1);
    if (failure !== undefined) throw failure.error;
  }

  #set(route: Omit<LiveRoute, "token">): void {
    this.state.changes += 1;
    this.state.route = { ...route, token: `t${this.state.changes}` };
    const share = route.canary === undefined ? "" : ` ${route.canary}@${route.weight / 100}`;
    this.state.splits.push(`${route.stable}${share}`);
    this.#save();
  }
}

export const bps = weightBps;

function isSame(left: LiveRoute, right: Omit<LiveRoute, "token">): boolean {
  return (
    left.stable === right.stable && left.canary === right.canary && left.weight === right.weight
  );
}

function changedElsewhere(route: LiveRoute): RolloutError {
  const message = `the route is not what it was: ${JSON.stringify(route)}`;
  return new RolloutError("ROUTE_CHANGED_ELSEWHERE", message, { hint: "Look who changed it." });
}
