import { planOf } from "../plan/plan.ts";
import { ALL_TRAFFIC } from "../weight.ts";
import { ignoredClasses, policyOf } from "./alarm.ts";
import type { RolloutSpec } from "./schema.ts";
import type { SemanticFinding } from "./semantics.ts";

/** What is wrong, or odd, in how the specification treats its alarms. */
export function alarmSemantics(spec: RolloutSpec): readonly SemanticFinding[] {
  return spec.alarms.flatMap((alarm, index) => {
    const found: SemanticFinding[] = [];
    const path = ["alarms", index, "atStart"];
    if (policyOf(alarm).alarm === "mustRecover" && !canRecover(spec)) {
      const message =
        "mustRecover needs a weight below 100%: this strategy promotes at once, so the alarm could not recover before that. Use canary steps, or ignore the alarm with a reason";
      found.push({ path, severity: "problem", message });
    }
    // Only the older short forms come this far without a reason: the long form is refused.
    const ignored = ignoredClasses(alarm);
    if (ignored.length > 0 && alarm.reason === undefined) {
      const message = `${ignored.join(" and ")} of "${alarm.name}": ignored without a word why; add a "reason"`;
      found.push({ path: ["alarms", index], severity: "warning", message });
    }
    return found;
  });
}

/** Whether the mending gets traffic before it gets all of it. */
function canRecover(spec: RolloutSpec): boolean {
  return planOf(spec).some((step) => {
    if (step.kind === "ramp") return true;
    return step.kind === "setWeight" && step.weight < ALL_TRAFFIC;
  });
}
