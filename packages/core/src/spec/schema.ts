import { z } from "zod";

import { alarm } from "./alarm.ts";
import { analysis } from "./analysis.ts";
import { duration, durationOrZero } from "./duration.ts";
import { check, hook, name, notify } from "./guards.ts";
import { strategy } from "./strategy.ts";
import { exactlyOne, strict } from "./strict.ts";

const text = z.string({ error: "a text" }).min(1, { error: "a text that is not empty" });

const target = exactlyOne({ lambda: strict({ function: text, alias: text }).optional() });

const revision = strict({
  zip: text.optional(),
  folder: text.optional(),
  version: z.coerce
    .string()
    .regex(/^[1-9]\d*$/, { error: `the number of a published version, such as "7"` })
    .optional(),
  handler: text.optional(),
  runtime: text.optional(),
  environment: z.record(z.string(), z.coerce.string()).optional(),
  description: z.string().max(256, { error: "a text of at most 256 characters" }).optional(),
}).superRefine((value, context) => {
  const given = (["zip", "folder", "version"] as const).filter((key) => value[key] !== undefined);
  if (given.length !== 1) {
    context.addIssue({ code: "custom", message: "exactly one of zip, folder, version" });
    return;
  }
  if (value.version === undefined) return;
  for (const key of ["handler", "runtime", "environment", "description"] as const) {
    if (value[key] === undefined) continue;
    const message = "nothing here: a version that is published already cannot be changed";
    context.addIssue({ code: "custom", path: [key], message });
  }
});

/** How a new version is asked whether it answers at all, before it gets traffic. */
const probe = z
  .union([z.literal("none"), strict({ payload: z.unknown().optional() })], {
    error: `none, or a mapping with payload: the event that a new version is invoked with`,
  })
  .transform((value) =>
    value === "none"
      ? { kind: "none" as const }
      : { kind: "invoke" as const, payload: JSON.stringify(value.payload ?? {}) },
  );

/** How often the platform is looked at while a rollout runs. */
const poll = strict({
  alarms: duration.default(1000),
  route: duration.default(5000),
  traffic: duration.default(5000),
});

/** The whole of `headgate.yaml`: the only definition; types and the JSON schema come from it. */
export const specSchema = strict({
  name,
  target,
  revision,
  probe: probe.prefault({ payload: {} }),
  strategy,
  analysis: analysis.prefault({}),
  checks: z.array(check, { error: "a list of checks" }).default([]),
  alarms: z.array(alarm, { error: "a list of alarms" }).default([]),
  hooks: z.array(hook, { error: "a list of hooks" }).default([]),
  bake: durationOrZero.optional(),
  notify: z.array(notify, { error: "a list of receivers" }).default([]),
  deadline: duration.default(24 * 3_600_000),
  poll: poll.default({ alarms: 1000, route: 5000, traffic: 5000 }),
});

/** A rollout's specification, read: durations in milliseconds, weights in basis points, defaults filled in. */
export type RolloutSpec = z.output<typeof specSchema>;
export type CheckSpec = RolloutSpec["checks"][number];
export type AlarmSpec = RolloutSpec["alarms"][number];
/** How the versions are compared; `kind: "none"` when they are not. */
export type AnalysisSpec = RolloutSpec["analysis"];
export type CompareSpec = Extract<AnalysisSpec, { readonly kind: "compare" }>;
export type HookSpec = RolloutSpec["hooks"][number];
export type StrategyStep = NonNullable<RolloutSpec["strategy"]["canary"]>["steps"][number];

/** For editors: `# yaml-language-server: $schema=...` at the top of the file. */
export function specJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(specSchema, { io: "input", unrepresentable: "any" }),
    title: "headgate.yaml",
  };
}
