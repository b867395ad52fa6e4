import { RolloutError } from "@headgate/core";
import type { AlarmFinding, AlarmLook } from "@headgate/core";
import { alarmsInRule } from "./alarm-rule.ts";
import type { CloudWatchAlarmsOptions, FoundAlarm } from "./cloudwatch.ts";
import { classifyComposite } from "./composite-alarm.ts";
import { classifyMetricAlarm } from "./metric-alarm.ts";
import type { Found } from "./metric-alarm.ts";

/** For all looks together: the states, which were read before, wait for it. */
const LOOK_MS = 14_000;

/** How deep composite alarms are followed, and how many alarms at most. Ours: a look has to end. */
const DEPTH = 5;
const MOST_ALARMS = 100;

type Describe = (names: readonly string[]) => Promise<ReadonlyMap<string, FoundAlarm>>;

/** Classifies the alarms that `versions` names. What stands in the way is itself a finding. */
export async function classify(
  options: CloudWatchAlarmsOptions,
  versions: AlarmLook,
  known: ReadonlyMap<string, FoundAlarm>,
  describe: Describe,
): Promise<ReadonlyMap<string, AlarmFinding>> {
  const look = { ...options, versions, untilMs: options.clock.nowMs() + LOOK_MS };
  const findings = new Map<string, Promise<Found>>();
  const { canary } = versions;
  let family: Family;
  try {
    family = await withChildren(known, versions.names, describe);
  } catch (error) {
    const found = unknown(error);
    return new Map(versions.names.map((name) => [name, found]));
  }

  const findOne = async (name: string, above: readonly string[]): Promise<Found> => {
    const alarm = family.get(name);
    if (alarm === undefined) return MISSING;
    if (alarm === "notRead") return tooDeep(`${family.size} alarms or ${DEPTH} levels`);
    if (alarm.kind === "metric") return classifyMetricAlarm(alarm.alarm, look);
    const path = [...above, name];
    const names = alarmsInRule(alarm.alarm.AlarmRule ?? "");
    const children = names.map(async (child) => ({
      name: child,
      found: path.includes(child)
        ? tooDeep(`a circle: ${[...path, child].join(" > ")}`)
        : await find(child, path),
    }));
    return classifyComposite(alarm.alarm, await Promise.all(children), options.clock);
  };
  // Each alarm is looked at once, however many others name it.
  const find = (name: string, above: readonly string[]): Promise<Found> => {
    const before = findings.get(name);
    if (before !== undefined) return before;
    const found = findOne(name, above).catch(unknown);
    findings.set(name, found);
    return found;
  };
  const asked = versions.names.map(async (name) => {
    const found = await find(name, []);
    return [name, { ...found, ...(canary === undefined ? {} : { canary }) }] as const;
  });
  return new Map(await Promise.all(asked));
}

type Family = ReadonlyMap<string, FoundAlarm | "notRead">;

/** The alarms and all that composite ones look at, level by level; a missing one has no entry. */
async function withChildren(
  known: ReadonlyMap<string, FoundAlarm>,
  names: readonly string[],
  describe: Describe,
): Promise<Family> {
  const family = new Map<string, FoundAlarm | "notRead">(known);
  const seen = new Set([...known.keys(), ...names]);
  let level = names;
  for (let depth = 1; ; depth++) {
    const children = level.flatMap((name) => childrenOf(family.get(name)));
    level = [...new Set(children)].filter((name) => !seen.has(name));
    if (level.length === 0) return family;
    if (depth > DEPTH || seen.size + level.length > MOST_ALARMS) {
      for (const name of level) family.set(name, "notRead");
      return family;
    }
    for (const name of level) seen.add(name);
    for (const [name, alarm] of await describe(level)) family.set(name, alarm);
  }
}

function childrenOf(alarm: FoundAlarm | "notRead" | undefined): readonly string[] {
  if (alarm === undefined || alarm === "notRead" || alarm.kind === "metric") return [];
  return alarmsInRule(alarm.alarm.AlarmRule ?? "");
}

const MISSING: Found = {
  class: "missing",
  detail: "there is no such alarm in this account and region",
  hint: "Create it, or correct the name under alarms.",
  warnings: [],
  evidence: {},
};

function tooDeep(what: string): Found {
  const detail = `its alarms were not followed to the end: ${what}`;
  return { ...MISSING, class: "unknown", detail, hint: "Name the alarms under it instead." };
}

function unknown(error: unknown): Found {
  if (!(error instanceof RolloutError)) throw error;
  const detail = `what its state rests on could not be read: ${error.message}`;
  return { ...MISSING, class: "unknown", detail, hint: error.hint };
}
