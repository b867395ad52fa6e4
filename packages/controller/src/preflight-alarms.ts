import { consequenceOf, findingOf, policyOf, responseTo } from "@headgate/core";
import type {
  AlarmFinding,
  AlarmPolicy,
  AlarmReading,
  PreflightFinding,
  RolloutSpec,
  TargetDescription,
} from "@headgate/core";

import type { Drivers } from "./drivers.ts";

type Watched = RolloutSpec["alarms"][number];

/**
 * Classifies every alarm of the specification and says what follows. An alarm that fires, or that could
 * never fire, before anything has changed is a person's decision and never a surprise later.
 */
export async function alarmFindings(
  spec: RolloutSpec,
  target: TargetDescription,
  { alarms }: Drivers,
): Promise<readonly PreflightFinding[]> {
  if (spec.alarms.length === 0) return [];
  const names = spec.alarms.map(({ name }) => name);
  const canary = spec.revision.version;
  const readings = await alarms.read(names, {
    names,
    stable: target.route.stable,
    ...(canary === undefined ? {} : { canary }),
  });
  return spec.alarms.flatMap((alarm) => {
    const reading = readings.find(({ name }) => name === alarm.name);
    return findingsFor(alarm, reading ?? { name: alarm.name, state: undefined, reason: "" });
  });
}

function findingsFor(alarm: Watched, reading: AlarmReading): readonly PreflightFinding[] {
  const finding = findingOf(reading);
  const check = `alarm ${alarm.name}`;
  const odd = finding.warnings.map((detail) => warning(check, detail, ""));
  if (reading.state !== "alarm" || finding.class === "alarm") {
    return [classFinding(check, alarm, finding), ...odd];
  }
  // It fires, and is not to be trusted besides: both of the specification's answers count.
  const detail = `already in ALARM: ${reading.reason}`;
  const firing: AlarmFinding = { ...finding, class: "alarm", detail, hint: "" };
  return [classFinding(check, alarm, finding), classFinding(check, alarm, firing), ...odd];
}

function classFinding(check: string, alarm: Watched, finding: AlarmFinding): PreflightFinding {
  const response = responseTo(policyOf(alarm), finding.class);
  if (response === "goOn") return { check, outcome: "ok", detail: finding.detail, hint: "" };
  const detail = `${finding.detail}: ${consequenceOf(alarm, finding.class, false)}`;
  if (response !== "block") return warning(check, `${detail}.`, finding.hint);
  const hint = [finding.hint, WAY_OUT[finding.class]].filter((part) => part !== "").join(" ");
  return { check, outcome: "problem", detail: `${detail}.`, hint };
}

/** What to write in headgate.yaml when the alarm is right as it is, or cannot be mended before. */
const WAY_OUT = {
  ok: "",
  missing: "",
  unknown: "",
  alarm: `Mend what it tells of; to ship the mending itself, give the alarm "atStart: mustRecover".`,
  noData: wayOut("noData"),
  wrongDimensions: wayOut("wrongDimensions"),
  stale: wayOut("stale"),
} as const satisfies Record<AlarmFinding["class"], string>;

function wayOut(found: keyof AlarmPolicy): string {
  return `If it is meant so, give it "atStart: { ${found}: ignore }" and a reason.`;
}

function warning(check: string, detail: string, hint: string): PreflightFinding {
  return { check, outcome: "warning", detail, hint };
}
