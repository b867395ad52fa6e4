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

/** Every target has a loop, clients and a live line of its own. */
const RELEASE_TARGETS_MAX = 20;

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

const rollout = {
  target,
  revision,
  probe: probe.prefault({ payload: {} }),
  strategy,
  analysis: analysis.prefault({}),
  checks: z.array(check, { error: "a list of checks" }).default([]),
  alarms: z.array(alarm, { error: "a list of alarms" }).default([]),
  hooks: z.array(hook, { error: "a list of hooks" }).default([]),
  /** Another weight of the rollout's own two versions was set by somebody else. Default: pause. */
  onWeightChangedElsewhere: z.enum(["pause", "reassert", "adopt", "abort"]).optional(),
  bake: durationOrZero.optional(),
  notify: z.array(receiver, { error: "a list of receivers" }).default([]),
  link: link.optional(),
  deadline: duration.default(24 * 3_600_000),
  poll: poll.default({ alarms: 1000, route: 5000, traffic: 5000 }),
};

/** The whole of `headgate.yaml`: the only definition; types and the JSON schema come from it. */
export const specSchema = strict({ name, ...rollout });

/** A file that releases several targets together. What a target does not say itself, `notify` and `link`, it has from here. */
export const releaseSchema = strict({
  name,
  release: strict({
    targets: z
      .record(name, strict(rollout), {
        error: ({ code }) =>
          code === "invalid_key"
            ? 'a target\'s name: 1 to 63 letters, digits, "-" and "_", beginning with a letter or digit'
            : "a mapping of names to targets",
      })
      .refine((targets) => Object.keys(targets).length > 1, { error: "at least two targets" })
      .refine((targets) => Object.keys(targets).length <= RELEASE_TARGETS_MAX, {
        error: `at most ${RELEASE_TARGETS_MAX} targets`,
      }),
    /** By target: those that must have all traffic before it gets any (sequence), or before it is promoted (together). */
    needs: z
      .record(name, z.array(name, { error: "a list of targets' names" }), {
        error: "a mapping of targets to the targets that they need",
      })
      .default({}),
    shift: z.enum(["sequence", "together"]).default("sequence"),
  }),
  notify: z.array(receiver, { error: "a list of receivers" }).default([]),
  link: link.optional(),
});

/** A release's file as it is written, read: {@link ReleaseSpec} is what comes of it. */
export type ReleaseFile = z.output<typeof releaseSchema>;

/** A rollout's specification, read: durations in milliseconds, weights in basis points, defaults filled in. */
export type RolloutSpec = z.output<typeof specSchema>;
export type CheckSpec = RolloutSpec["checks"][number];
export type AlarmSpec = RolloutSpec["alarms"][number];
/** How the versions are compared; `kind: "none"` when they are not. */
export type AnalysisSpec = RolloutSpec["analysis"];
export type CompareSpec = Extract<AnalysisSpec, { readonly kind: "compare" }>;
export type HookSpec = RolloutSpec["hooks"][number];
export type StrategyStep = NonNullable<RolloutSpec["strategy"]["canary"]>["steps"][number];

/** For editors, of a file with `release`. */
export function releaseJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(releaseSchema, { io: "input", unrepresentable: "any" }),
    title: "headgate.yaml of a release",
  };
}

/** For editors: `# yaml-language-server: $schema=...` at the top of the file. */
export function specJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(specSchema, { io: "input", unrepresentable: "any" }),
    title: "headgate.yaml",
  };
}
