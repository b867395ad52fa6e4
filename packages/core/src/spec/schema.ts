import { z } from "zod";

import { alarm } from "./alarm.ts";
import { analysis } from "./analysis.ts";
import { duration, durationOrZero } from "./duration.ts";
import { check, name } from "./guards.ts";
import { hook } from "./hook.ts";
import { receiver } from "./receiver.ts";
import { revision } from "./revision.ts";
import { strategy } from "./strategy.ts";
import { strict } from "./strict.ts";
import { target } from "./target.ts";

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

/** Where people look at a rollout: a page of theirs, a dashboard, a build. */
const link = z
  .string({ error: "an http or https URL, with {rollout} where the rollout's id goes" })
  .regex(/^https?:\/\/[^\s{}]+(\{rollout\}[^\s{}]*)*$/, {
    error: "an http or https URL, with {rollout} where the rollout's id goes",
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
  notify: z.array(receiver, { error: "a list of receivers" }).default([]),
  link: link.optional(),
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
