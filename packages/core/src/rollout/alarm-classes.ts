import type { AlarmClass, AlarmFinding, AlarmReading } from "../contracts/guards.ts";
import { policyOf } from "../spec/alarm.ts";
import type { AlarmPolicy, WatchedAlarm } from "../spec/alarm.ts";
import type { Json } from "./json.ts";

/** What the specification wants done about one class of alarm. */
export type AlarmResponse = "goOn" | "block" | "hold" | "mustRecover" | "ignore";

/**
 * Total: every class has an answer. What cannot be looked at, or does not exist, is nothing that a
 * specification may set aside.
 */
export function responseTo(policy: AlarmPolicy, found: AlarmClass): AlarmResponse {
  switch (found) {
    case "ok":
      return "goOn";
    case "missing":
    case "unknown":
      return "block";
    case "alarm":
    case "noData":
    case "wrongDimensions":
    case "stale":
      return policy[found];
    default:
      return found satisfies never;
  }
}

/** The finding that came with a reading; from its state alone when the source does not classify. */
export function findingOf(reading: AlarmReading): AlarmFinding {
  if (reading.finding !== undefined) return reading.finding;
  const { state, reason } = reading;
  const only = { detail: reason, hint: "", warnings: [], evidence: {} };
  if (state === undefined) return { ...only, class: "missing", detail: "there is no such alarm" };
  if (state === "ok") return { ...only, class: "ok" };
  if (state === "alarm") return { ...only, class: "alarm", detail: `already in ALARM: ${reason}` };
  return { ...only, class: "noData", detail: `it has no data: ${reason}` };
}

/**
 * What follows from a class, for people.
 *
 * @param hasBegun whether the rollout is under way: then a block is a hold of every rise.
 */
export function consequenceOf(alarm: WatchedAlarm, found: AlarmClass, hasBegun: boolean): string {
  const response = responseTo(policyOf(alarm), found);
  switch (response) {
    case "goOn":
      return "watched";
    case "block":
      return hasBegun ? "the weight does not rise" : "the rollout does not begin";
    case "hold":
      return "the weight does not rise past the first until that is over";
    case "mustRecover":
      return "must recover before promotion";
    case "ignore": {
      const until = found === "alarm" ? "ignored until it has been OK once" : "ignored";
      return alarm.reason === undefined ? until : `${until} (${alarm.reason})`;
    }
    default:
      return response satisfies never;
  }
}

/** What the journal keeps of a classification. */
export function classEvidence(
  alarm: WatchedAlarm,
  finding: AlarmFinding,
): { readonly [key: string]: Json } {
  const response = responseTo(policyOf(alarm), finding.class);
  return {
    alarm: alarm.name,
    class: finding.class,
    response,
    ...(response === "ignore" && alarm.reason !== undefined ? { reason: alarm.reason } : {}),
    found: finding.detail,
    ...(finding.warnings.length === 0 ? {} : { warnings: finding.warnings }),
    ...finding.evidence,
  };
}
