import { receiverOf, variablesOf } from "./receiver.ts";
import type { RolloutSpec } from "./schema.ts";
import type { SemanticFinding } from "./semantics.ts";

/** Whether a variable of the environment is set. Core knows no environment: it is told. */
export type IsSet = (variable: string) => boolean;

/** What is odd about those who are to be told. Nothing of it stops a rollout. */
export function receiverSemantics(spec: RolloutSpec, isSet?: IsSet): readonly SemanticFinding[] {
  return spec.notify.flatMap((entry, index) => {
    const path = ["notify", index];
    const receiver = receiverOf(entry);
    const found: SemanticFinding[] = [];
    const warn = (key: readonly string[], message: string) =>
      void found.push({ path: [...path, ...key], severity: "warning", message });
    for (const { key, name } of variablesOf(entry)) {
      if (isSet?.(name) === false) {
        warn(
          key,
          `the environment variable ${name} is not set here: where the rollout runs it must be`,
        );
      }
    }
    if (receiver.kind === "sns" || receiver.address.kind === "variable") return found;
    if (receiver.kind === "slack") {
      warn(
        ["slack"],
        "a Slack URL lets anybody post: give urlFrom, the name of a variable that holds it",
      );
    }
    if (receiver.address.url.startsWith("http:") && !receiver.allowPrivate) {
      warn(
        [receiver.kind],
        "http is not encrypted: others can read and change what is told; use https",
      );
    }
    return found;
  });
}
