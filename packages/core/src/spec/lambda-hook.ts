import { z } from "zod";

import type { HookTarget } from "../contracts/hook.ts";
import { strict } from "./strict.ts";

/** How a function is asked, and how it answers: in Headgate's way, or in one that it was already written for. */
const PROTOCOLS = ["headgate", "ecs", "codeDeploy"] as const;

const functionName = z
  .string({ error: "a function's name or ARN" })
  .min(1, { error: "a function's name or ARN" });

const asWritten = strict({
  function: functionName,
  protocol: z.enum(PROTOCOLS).default("headgate"),
  /** Becomes `hookDetails` of the event; as ECS has it in the service's own configuration. */
  details: z
    .record(z.string(), z.unknown(), { error: "a mapping that the function gets as hookDetails" })
    .optional(),
}).superRefine(({ protocol, details }, context) => {
  if (details === undefined || protocol === "ecs") return;
  const message = "only a function with protocol: ecs gets details, as its hookDetails";
  context.addIssue({ code: "custom", path: ["details"], message });
});

/** A function's name, or a mapping that also says how it is spoken with. */
export const lambdaHook = z.union([functionName, asWritten], {
  error: "a function's name or ARN, or a mapping with function and protocol",
});

export function lambdaTargetOf(given: z.output<typeof lambdaHook>): HookTarget {
  if (typeof given === "string") return { kind: "lambda", functionName: given };
  const { function: name, protocol, details } = given;
  switch (protocol) {
    case "headgate":
      return { kind: "lambda", functionName: name };
    case "ecs":
      return {
        kind: "ecsFunction",
        functionName: name,
        ...(details === undefined ? {} : { details: JSON.stringify(details) }),
      };
    case "codeDeploy":
      return { kind: "codeDeployFunction", functionName: name };
    default:
      return protocol satisfies never;
  }
}
