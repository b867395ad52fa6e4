import { parseRelease, type Rollout, type RolloutOutcome } from "@headgate/core";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Invocation } from "../command.ts";
import { openAwsSession } from "../session/aws.ts";
import { releaseTargets } from "../session/release-targets.ts";
import { DEMO_NAME } from "./app.ts";
import { type DemoTarget, TARGETS } from "./demo-target.ts";
import { globalsOn, onOwnCloud, type OwnCloud, requirePython } from "./own-cloud.ts";
import { severalTargetsSpec, type SpecParts } from "./release-spec.ts";
import { type DemoOptions, demoResult, type DemoResult, settled } from "./run-demo.ts";
import { untilCounted } from "./shop.ts";
import { startTraffic, type Traffic, type TrafficCounts, trafficSince } from "./traffic.ts";

/** One target of a release: how it ended, and what the users at its door saw. */
interface DoorResult extends Omit<DemoResult, "name" | "version"> {
  readonly target: string;
  /** Where its users knock. */
  readonly door: string;
}

/** How one release of all targets went. Times in milliseconds. */
export interface ReleaseDemoResult {
  readonly name: string;
  readonly version: string;
  /** That of the worst target; null when it was interrupted. */
  readonly outcome: RolloutOutcome | null;
  /** The target that failed by itself; null when none did. */
  readonly failed: string | null;
  readonly why: string;
  /** Targets in the order in which stable got all their traffic again. */
  readonly takenBack: readonly string[];
  readonly tookMs: number;
  readonly requestsSent: number;
  readonly failuresUsersSaw: number;
  readonly targets: readonly DoorResult[];
}

export interface ReleaseDemoReport {
  readonly target: "release";
  readonly cloud: { readonly url: string; readonly readyMs: number };
  /** At each door. */
  readonly ratePerSecond: number;
  readonly releases: readonly ReleaseDemoResult[];
  readonly tookMs: number;
  /** Ctrl-C or `--timeout` ended it before all releases were shown. */
  readonly interrupted: boolean;
}

interface Scenario {
  readonly name: "good" | "bad";
  readonly version: string;
  readonly expected: RolloutOutcome;
  /** By target, the share of its requests that the new version fails; 0 when not named. */
  readonly failureRates: Readonly<Record<string, number>>;
}

const FIRST = { version: "1.0.0", failureRate: 0 };
const GOOD: Scenario = { name: "good", version: "2.0.0", expected: "promoted", failureRates: {} };
/** The last one fails, when the others have all traffic already: so that these are taken back too. */
const BAD: Scenario = {
  name: "bad",
  version: "3.0.0",
  expected: "rolledBack",
  failureRates: { web: 0.3 },
};
const SCENARIOS = { both: [GOOD, BAD], good: [GOOD], bad: [BAD] } as const;

/** The web front calls the two others, so it comes when they are through. */
const NEEDS = { web: ["api", "stage"] };
const DOORS = { api: "lambda", stage: "apigateway", web: "ecs" } as const;

interface Door {
  readonly target: string;
  readonly app: DemoTarget;
  readonly traffic: Traffic;
}

/** Whether every release ended as it must. */
export function areAsExpected({ releases }: ReleaseDemoReport): boolean {
  return releases.every(
    ({ name, outcome }) => SCENARIOS.both.find((one) => one.name === name)?.expected === outcome,
  );
}

/** Starts a cloud of its own, releases a web front, a function and a stage as one, and leaves nothing behind. */
export async function runReleaseDemo(
  options: Omit<DemoOptions, "target">,
  invocation: Invocation,
): Promise<ReleaseDemoReport> {
  const { progress, signal } = invocation;
  requirePython();
  const startMs = performance.now();
  return onOwnCloud(invocation, async (cloud) => {
    const doors = await openDoors(cloud, options.ratePerSecond, invocation);
    progress.line(`${options.ratePerSecond} requests a second at each door from now on`);
    try {
      for (const { target } of doors) {
        await untilCounted(cloud.configuration, signal, appName(target));
      }
      const releases: ReleaseDemoResult[] = [];
      for (const scenario of SCENARIOS[options.scenario]) {
        if (signal.aborted) break;
        releases.push(await releaseOnce(scenario, { cloud, doors }, options.seconds, invocation));
      }
      return {
        target: "release",
        cloud: { url: cloud.url, readyMs: cloud.readyMs },
        ratePerSecond: options.ratePerSecond,
        releases,
        tookMs: performance.now() - startMs,
        interrupted: signal.aborted,
      };
    } finally {
      await Promise.all(doors.map(({ traffic }) => traffic.stop()));
    }
  });
}

/** The service of the demo is the shop itself; what it calls is named as in the release's file. */
function appName(target: string): string {
  return target === "web" ? DEMO_NAME : target;
}

async function openDoors(
  { configuration, folder }: OwnCloud,
  ratePerSecond: number,
  { progress }: Invocation,
): Promise<readonly Door[]> {
  const opened = await Promise.all(
    Object.entries(DOORS).map(async ([target, kind]) => {
      const own = join(folder, target);
      mkdirSync(own);
      const site = { configuration, folder: own, name: appName(target) };
      return { target, app: await TARGETS[kind].open(site, FIRST) };
    }),
  );
  return opened.map(({ target, app }) => {
    progress.line(`${target}: ${app.app}, version ${FIRST.version}, ${app.about}: ${app.url}`);
    return { target, app, traffic: startTraffic(app.url, ratePerSecond) };
  });
}

async function releaseOnce(
  scenario: Scenario,
  { cloud, doors }: { readonly cloud: OwnCloud; readonly doors: readonly Door[] },
  seconds: number,
  invocation: Invocation,
): Promise<ReleaseDemoResult> {
  const { progress, style } = invocation;
  const { name, version } = scenario;
  const failing = Object.entries(scenario.failureRates).map(
    ([target, rate]) => `, whose ${target} fails ${rate * 100}% of its requests`,
  );
  progress.line("");
  progress.line(`${style.bold(`a ${name} release`)}: version ${version}${failing.join("")}`);
  const parts: Record<string, SpecParts> = {};
  for (const { target, app } of doors) {
    const targetAndRevision = await app.prepare({ version, failureRate: rateOf(scenario, target) });
    parts[target] = { targetAndRevision, alarm: app.alarm };
  }
  const specFile = join(cloud.folder, "headgate.yaml");
  const text = severalTargetsSpec(parts, NEEDS, { name: `shop-${name}`, seconds });
  writeFileSync(specFile, text);
  const globals = globalsOn(cloud, invocation.globals);
  const session = await openAwsSession(globals);
  const before = doors.map(({ traffic }) => traffic.counts());
  try {
    const { rollouts, value } = await releaseTargets({
      release: parseRelease(text, specFile).release,
      specFile,
      dataDir: join(cloud.folder, ".headgate"),
      session,
      invocation: { ...invocation, globals },
      reason: "demo",
      exitWhenHeld: true,
      onInterrupt: "leave",
    });
    const after = await Promise.all(doors.map(({ traffic }) => settled(traffic)));
    const seen = doors.map((_, index) => between(before[index], after[index]));
    const targets = doors.flatMap(({ target, app }, index): DoorResult[] => {
      const rollout = rollouts.get(target);
      const saw = seen[index];
      if (rollout === undefined || saw === undefined) return [];
      const wanted = { name, version, failureRate: rateOf(scenario, target) };
      const { name: _name, version: _version, ...result } = demoResult(wanted, rollout, saw);
      return [{ target, door: app.url, ...result }];
    });
    return {
      name,
      version,
      outcome: value.outcome,
      failed: value.failed,
      why: rollouts.get(value.failed ?? "")?.abort?.detail ?? "every target was proved no worse",
      takenBack: takenBack(rollouts),
      tookMs: value.elapsedMs,
      requestsSent: targets.reduce((sum, { requestsSent }) => sum + requestsSent, 0),
      failuresUsersSaw: targets.reduce((sum, { failuresUsersSaw }) => sum + failuresUsersSaw, 0),
      targets,
    };
  } finally {
    session.close();
  }
}

function rateOf({ failureRates }: Scenario, target: string): number {
  return failureRates[target] ?? 0;
}

const NOTHING: TrafficCounts = { sent: 0, answered: 0, failed: 0, byVersion: {} };

function between(before = NOTHING, after = NOTHING): TrafficCounts {
  return trafficSince(before, after);
}

/** The order in which their weight became nothing again. */
function takenBack(rollouts: ReadonlyMap<string, Rollout>): string[] {
  return [...rollouts]
    .filter(([, { abort, trafficSinceMs }]) => {
      return abort?.isRestored === true && trafficSinceMs !== undefined;
    })
    .toSorted(([, left], [, right]) => left.weightSinceMs - right.weightSinceMs)
    .map(([target]) => target);
}
