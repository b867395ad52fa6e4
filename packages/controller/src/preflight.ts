import {
  formatRoute,
  formatWeight,
  planOf,
  RolloutError,
  unwatchedCourse,
  viaOf,
  weightFor,
} from "@headgate/core";
import type { HookCall, PreflightFinding, RolloutSpec, TargetDescription } from "@headgate/core";

import type { Drivers } from "./drivers.ts";
import type { Journal } from "./journal/journal.ts";
import { alarmFindings } from "./preflight-alarms.ts";

export interface Preflight {
  /** Absent when the target could not be described; a finding says why. */
  readonly target?: TargetDescription;
  readonly findings: readonly PreflightFinding[];
}

/** Looks at everything that would stop the rollout, or should be known before it. Changes nothing. */
export async function preflight(
  spec: RolloutSpec,
  drivers: Drivers,
  journal: Journal | undefined,
): Promise<Preflight> {
  let target: TargetDescription;
  try {
    target = await drivers.traffic.describe();
  } catch (error) {
    return { findings: [problemFrom("the target exists", error)] };
  }
  const [running, ofTraffic, ofAlarms, ofHooks, ofReceivers] = await Promise.all([
    guarded("no other rollout", () => runningFindings(target, journal)),
    guarded("the target", () => drivers.traffic.preflight()),
    guarded("the alarms", () => alarmFindings(spec, target, drivers)),
    guarded("the hooks", () => hookFindings(spec, target, drivers)),
    guarded("who is told", () => drivers.notifier.preflight()),
  ]);
  return {
    target,
    findings: [
      ...routeFindings(target),
      ...running,
      ...weightFindings(spec, target),
      ...courseFindings(spec, drivers),
      ...ofTraffic,
      ...ofAlarms,
      ...ofHooks,
      ...ofReceivers,
    ],
  };
}

/** @throws {RolloutError} PREFLIGHT_FAILED listing every problem. */
export function assertPreflight(findings: readonly PreflightFinding[]): void {
  const problems = findings.filter(({ outcome }) => outcome === "problem");
  if (problems.length === 0) return;
  const lines = problems.map(({ check, detail, hint }) => `${check}: ${detail} ${hint}`.trim());
  throw new RolloutError("PREFLIGHT_FAILED", `nothing was changed:\n${lines.join("\n")}`, {
    hint: "Mend this, then look with `headgate plan`.",
  });
}

async function runningFindings(
  target: TargetDescription,
  journal: Journal | undefined,
): Promise<readonly PreflightFinding[]> {
  const running = await journal?.runningOn(target.id);
  if (running === undefined) return [];
  // A target of a release goes on, and turns back, with all of it.
  const whole = running.release?.name ?? running.id;
  return [
    {
      check: "no other rollout",
      outcome: "problem",
      detail: `rollout ${running.id} of ${target.label} is ${running.phase}.`,
      hint: `Go on with it (\`headgate resume ${whole}\`) or take it back (\`headgate abort ${whole}\`).`,
    },
  ];
}

function routeFindings({ route }: TargetDescription): readonly PreflightFinding[] {
  const check = "all traffic on one version";
  if (route.canary === undefined && route.weight === 0) {
    return [{ check, outcome: "ok", detail: formatRoute(route), hint: "" }];
  }
  return [
    {
      check,
      outcome: "problem",
      detail: `the route is split already: ${formatRoute(route)}.`,
      hint: "Finish or take back what split it first: a rollout starts from one version.",
    },
  ];
}

function weightFindings(
  spec: RolloutSpec,
  { resolutionBps }: TargetDescription,
): readonly PreflightFinding[] {
  return planOf(spec).flatMap((step) => {
    if (step.kind !== "setWeight") return [];
    const kept = weightFor(step.weight, resolutionBps);
    if (kept === step.weight) return [];
    const detail = `this target keeps weights in steps of ${resolutionBps / 100}%: ${formatWeight(step.weight)} becomes ${formatWeight(kept)}.`;
    return [{ check: "the weights", outcome: "warning" as const, detail, hint: "" }];
  });
}

/** Whether the counts come in time for a platform that moves by itself. */
function courseFindings(spec: RolloutSpec, { metrics }: Drivers): readonly PreflightFinding[] {
  if (viaOf(spec.target) === undefined) return [];
  const check = "the platform's moves can be watched";
  return unwatchedCourse(spec, metrics).map(({ detail, hint }) => ({
    check,
    outcome: "warning",
    detail,
    hint,
  }));
}

async function hookFindings(
  spec: RolloutSpec,
  target: TargetDescription,
  { hooks }: Drivers,
): Promise<readonly PreflightFinding[]> {
  const { stable } = target.route;
  const calls = spec.hooks.map((hook): HookCall => ({
    name: hook.name,
    target: hook.target,
    timeoutMs: hook.deadline,
    input: {
      rollout: spec.name,
      hook: hook.name,
      when: hook.when,
      stable,
      canary: stable,
      weightBps: 0,
    },
  }));
  return calls.length === 0 ? [] : hooks.preflight(calls);
}

/** What could not be looked at is a problem: a rollout does not start on silence. */
async function guarded(
  check: string,
  look: () => Promise<readonly PreflightFinding[]>,
): Promise<readonly PreflightFinding[]> {
  try {
    return await look();
  } catch (error) {
    return [problemFrom(check, error)];
  }
}

function problemFrom(check: string, error: unknown): PreflightFinding {
  if (!(error instanceof RolloutError)) throw error;
  return { check, outcome: "problem", detail: error.message, hint: error.hint };
}
