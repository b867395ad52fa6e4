import type { TriggerConfig } from "@aws-sdk/client-codedeploy";
import { refused } from "../errors.ts";
import { TRIGGERS_MAX } from "../limits.ts";

/** Source of the two texts about numbers and names: quoted answers of AWS. Unverified: the others. */
export function checkTriggers(triggers: readonly TriggerConfig[] = []): void {
  if (triggers.length > TRIGGERS_MAX) {
    throw refused(
      "TriggerTargetsLimitExceededException",
      `Deployment Groups cannot contain more than ${TRIGGERS_MAX} TriggerTargets.`,
    );
  }
  const names = triggers.map(({ triggerName }) => triggerName ?? "");
  for (const [index, trigger] of triggers.entries()) {
    const name = names[index] ?? "";
    if (name === "") throw invalid(`Trigger ${index + 1} has no name`);
    if (names.indexOf(name) !== index) throw invalid("Duplicate Trigger target name detected");
    const arn = trigger.triggerTargetArn ?? "";
    if (!/^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w.-]+$/.test(arn)) {
      throw invalid(`The target of trigger ${name} must be the ARN of an SNS topic, got "${arn}"`);
    }
    if ((trigger.triggerEvents ?? []).length === 0) throw invalid(`Trigger ${name} has no events`);
  }
}

function invalid(message: string) {
  return refused("InvalidTriggerConfigException", message);
}
