import type { CompositeAlarm } from "@aws-sdk/client-cloudwatch";
import type { AlarmClass } from "@headgate/core";
import type { Found } from "./metric-alarm.ts";
import { sinceText } from "./metric-alarm.ts";
import type { Clock } from "../clock.ts";

export interface Child {
  readonly name: string;
  readonly found: Found;
}

/** Classes that say nothing about this rollout: of a composite alarm's children, one right one is enough. */
const BESIDE: ReadonlySet<AlarmClass> = new Set(["wrongDimensions", "missing"]);

/** What makes a composite alarm's OK worth less, the worst first. */
const DOUBTS = ["unknown", "noData", "stale"] as const;

/**
 * A composite alarm is worth what its children are: in doubt when any of them is, and about something else
 * when all of them are. That a child fires is its rule's business.
 */
export function classifyComposite(
  alarm: CompositeAlarm,
  children: readonly Child[],
  clock: Clock,
): Found {
  const blind = children.filter(({ found }) => BESIDE.has(found.class));
  const base = {
    hint: "",
    warnings: blind.map(textOf),
    evidence: {
      rule: alarm.AlarmRule ?? "",
      stateReason: alarm.StateReason ?? "",
      children: children.map(({ name, found }) => `${name}: ${found.class}`),
    },
  };
  if (blind.length === children.length) {
    const detail =
      children.length === 0
        ? "its rule names no alarm"
        : `none of its alarms is about this rollout: ${blind.map(textOf).join("; ")}`;
    const hint = blind.find(({ found }) => found.hint !== "")?.found.hint ?? "Mend its rule.";
    return { ...base, class: "wrongDimensions", detail, hint, warnings: [] };
  }
  if (alarm.StateValue === "ALARM") {
    return {
      ...base,
      class: "alarm",
      detail: `already in ALARM since ${sinceText(alarm, { clock })}`,
    };
  }
  for (const doubt of DOUBTS) {
    const child = children.find(({ found }) => found.class === doubt);
    if (child === undefined) continue;
    return { ...base, class: doubt, detail: `its ${textOf(child)}`, hint: child.found.hint };
  }
  if (alarm.StateValue !== "OK") {
    return { ...base, class: "noData", detail: `it has no data: ${alarm.StateReason ?? ""}` };
  }
  const names = children.map(({ name }) => name).join(", ");
  return { ...base, class: "ok", detail: `OK: composite of ${names}` };
}

function textOf({ name, found }: Child): string {
  return `alarm ${name}: ${found.detail}`;
}
