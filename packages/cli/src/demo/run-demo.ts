import { parseSpec, type Rollout, type RolloutOutcome } from "@headgate/core";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Invocation } from "../command.ts";
import { release } from "../session/release.ts";
import { openAwsSession } from "../session/aws.ts";
import { type ComparisonView, comparisonView } from "../views/comparison-view.ts";
import type { DemoRelease } from "./app.ts";
import { type DemoTarget, type DemoTargetName, TARGETS } from "./demo-target.ts";
import { globalsOn, onOwnCloud, type OwnCloud, requirePython } from "./own-cloud.ts";
import { releaseSpec } from "./release-spec.ts";
import { untilCounted } from "./shop.ts";
import { startTraffic, type Traffic, type TrafficCounts, trafficSince } from "./traffic.ts";

export interface DemoOptions {
  readonly target: DemoTargetName;
  readonly scenario: "both" | "good" | "bad";
  readonly ratePerSecond: number;
  /** How long the steps of one release take, if nothing stops them. */
  readonly seconds: number;
}

/** How one release went. Times in milliseconds. */
export interface DemoResult {
  readonly name: string;
  readonly version: string;
  /** Null when it was interrupted. */
  readonly outcome: RolloutOutcome | null;
  readonly phase: Rollout["phase"];
  readonly why: string;
  /** What the comparison of both versions said last. */
  readonly comparison: ComparisonView | null;
  readonly tookMs: number;
  /** From the first request that the new version could get to the last; null when it got none. */
  readonly exposedMs: number | null;
  readonly requestsSent: number;
  readonly failuresUsersSaw: number;
  /** The share of its requests that the new version fails, 0 to 1: what the demo built into it. */
  readonly failureRate: number;
  /** Good answers by version. */
  readonly answersByVersion: Readonly<Record<string, number>>;
}

export interface DemoReport {
  readonly target: DemoTargetName;
  readonly cloud: { readonly url: string; readonly readyMs: number };
  readonly ratePerSecond: number;
  readonly releases: readonly DemoResult[];
  readonly tookMs: number;
  /** Ctrl-C or `--timeout` ended it before all releases were shown. */
  readonly interrupted: boolean;
}

interface DemoScenario extends DemoRelease {
  readonly name: string;
  readonly expected: string;
}

const FIRST: DemoRelease = { version: "1.0.0", failureRate: 0 };
const GOOD: DemoScenario = { name: "good", version: "2.0.0", failureRate: 0, expected: "promoted" };
const BAD: DemoScenario = {
  name: "bad",
  version: "3.0.0",
  failureRate: 0.3,
  expected: "rolledBack",
};
const SCENARIOS = { both: [GOOD, BAD], good: [GOOD], bad: [BAD] } as const;

/** Whether every release ended as it must. */
export function isAsExpected({ releases }: DemoReport): boolean {
  return releases.every(({ name, outcome }) => {
    const scenario = SCENARIOS.both.find((candidate) => candidate.name === name);
    return scenario?.expected === outcome;
  });
}

/** Starts a cloud of its own on a free port, releases, and leaves nothing behind. */
export async function runDemo(options: DemoOptions, invocation: Invocation): Promise<DemoReport> {
  const { progress, signal } = invocation;
  const { open, needsPython } = TARGETS[options.target];
  if (needsPython) requirePython();
  const startMs = performance.now();
  return onOwnCloud(invocation, async (cloud) => {
    const { configuration, folder } = cloud;
    const target = await open({ configuration, folder }, FIRST);
    const { url, app, about } = target;
    progress.line(`${app}, version ${FIRST.version}, ${about}: ${url}`);
    const traffic = startTraffic(url, options.ratePerSecond);
    progress.line(`${options.ratePerSecond} requests a second from now on`);
    try {
      await untilCounted(configuration, signal);
      const releases: DemoResult[] = [];
      for (const scenario of SCENARIOS[options.scenario]) {
        if (signal.aborted) break;
        const place = { cloud, target, traffic };
        releases.push(await releaseOnce(scenario, place, options, invocation));
      }
      return {
        target: options.target,
        cloud: { url: cloud.url, readyMs: cloud.readyMs },
        ratePerSecond: options.ratePerSecond,
        releases,
        tookMs: performance.now() - startMs,
        interrupted: signal.aborted,
      };
    } finally {
      await traffic.stop();
    }
  });
}

interface DemoPlace {
  readonly cloud: OwnCloud;
  readonly target: DemoTarget;
  readonly traffic: Traffic;
}

async function releaseOnce(
  scenario: DemoScenario,
  { cloud, target, traffic }: DemoPlace,
  options: DemoOptions,
  invocation: Invocation,
): Promise<DemoResult> {
  const { progress, style } = invocation;
  const failing =
    scenario.failureRate > 0 ? `, which fails ${scenario.failureRate * 100}% of its requests` : "";
  progress.line("");
  progress.line(
    `${style.bold(`a ${scenario.name} release`)}: version ${scenario.version}${failing}`,
  );
  const parts = { targetAndRevision: await target.prepare(scenario), alarm: target.alarm };
  const { folder } = cloud;
  const specFile = join(folder, "headgate.yaml");
  const text = releaseSpec(parts, `shop-${scenario.name}`, options.seconds);
  writeFileSync(specFile, text);
  const globals = globalsOn(cloud, invocation.globals);
  const session = await openAwsSession(globals);
  const before = traffic.counts();
  try {
    const { rollout } = await release({
      spec: parseSpec(text, specFile).spec,
      specFile,
      dataDir: join(folder, ".headgate"),
      session,
      invocation: { ...invocation, globals },
      reason: "demo",
      exitWhenHeld: true,
      onInterrupt: "leave",
    });
    return demoResult(scenario, rollout, trafficSince(before, await settled(traffic)));
  } finally {
    session.close();
  }
}

/** @param seen of the users while it went on. */
export function demoResult(
  scenario: DemoRelease & { readonly name: string },
  rollout: Rollout,
  seen: TrafficCounts,
): DemoResult {
  const { finished, abort, trafficSinceMs, weight, weightSinceMs } = rollout;
  const endMs = finished?.atMs ?? rollout.updatedAtMs;
  // What is left behind is taken away after the last request.
  const exposedUntilMs = weight === 0 ? weightSinceMs : endMs;
  return {
    name: scenario.name,
    version: scenario.version,
    outcome: finished?.outcome ?? null,
    phase: rollout.phase,
    why: abort?.detail ?? "proved no worse, and no guard objected",
    comparison: comparisonView(rollout),
    tookMs: endMs - rollout.createdAtMs,
    exposedMs: trafficSinceMs === undefined ? null : exposedUntilMs - trafficSinceMs,
    requestsSent: ended(seen),
    failuresUsersSaw: seen.failed,
    failureRate: scenario.failureRate,
    answersByVersion: seen.byVersion,
  };
}

/** Requests that got an answer or were given up: so the parts make up the whole. */
function ended({ failed, byVersion }: TrafficCounts): number {
  return Object.values(byVersion).reduce((sum, count) => sum + count, failed);
}

/** Counts that include the answers that were under way when the release ended. */
export async function settled(traffic: Traffic): Promise<TrafficCounts> {
  const ANSWERS_WITHIN_MS = 300;
  await sleep(ANSWERS_WITHIN_MS);
  return traffic.counts();
}
