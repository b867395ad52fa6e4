import { z } from "zod";

import { strict } from "./strict.ts";

const text = z.string({ error: "a text" }).min(1, { error: "a text that is not empty" });

/**
 * What a rollout does about an alarm of each class (AlarmClass), from the first look to its end:
 * - `block`: it does not begin.
 * - `hold`: it begins, but the weight does not rise past the first.
 * - `mustRecover`: it begins and rises, but promotes only when the alarm has been OK.
 * - `ignore`: it goes on; an alarm that fires is left out until it has been OK once.
 */
export interface AlarmPolicy {
  readonly alarm: "block" | "mustRecover" | "ignore";
  readonly noData: "block" | "hold" | "ignore";
  readonly wrongDimensions: "block" | "ignore";
  readonly stale: "block" | "hold" | "ignore";
}

/** An alarm that can never fire gives false safety, so `wrongDimensions` blocks like one that fires. */
const DEFAULTS: AlarmPolicy = {
  alarm: "block",
  noData: "hold",
  wrongDimensions: "block",
  stale: "hold",
};

const CLASSES = ["alarm", "noData", "wrongDimensions", "stale"] as const;

/** An alarm as the specification has it after parsing. */
export interface WatchedAlarm {
  readonly name: string;
  /** Journals from before the classes hold one word here, and `noData` beside it. */
  readonly atStart: AlarmPolicy | "block" | "ignore";
  readonly noData?: "hold" | "ignore";
  /** Why a class is ignored. */
  readonly reason?: string;
}

const policyObject = strict({
  alarm: z.enum(["block", "mustRecover", "ignore"]).optional(),
  noData: z.enum(["block", "hold", "ignore"]).optional(),
  wrongDimensions: z.enum(["block", "ignore"]).optional(),
  stale: z.enum(["block", "hold", "ignore"]).optional(),
});

const alarmObject = strict({
  name: text,
  atStart: z
    .union([z.enum(["block", "mustRecover", "ignore"]), policyObject], {
      error: `block, mustRecover or ignore, or a mapping with ${CLASSES.join(", ")}`,
    })
    .optional(),
  noData: z.enum(["hold", "ignore"]).optional(),
  reason: text.optional(),
}).superRefine(({ atStart, noData, reason }, context) => {
  if (typeof atStart !== "object") return;
  if (atStart.noData !== undefined && noData !== undefined) {
    const message = "no noData here, as atStart has one already";
    context.addIssue({ code: "custom", path: ["noData"], message });
  }
  if (reason !== undefined) return;
  for (const found of CLASSES.filter((name) => atStart[name] === "ignore")) {
    const message = `a "reason" beside atStart that says why this alarm may be ignored`;
    context.addIssue({ code: "custom", path: ["atStart", found], message });
  }
});

export const alarm = z.union([text, alarmObject]).transform((value): WatchedAlarm => {
  if (typeof value === "string") return { name: value, atStart: DEFAULTS };
  const { name, atStart, noData, reason } = value;
  const written = typeof atStart === "object" ? atStart : { alarm: atStart };
  return {
    name,
    atStart: {
      alarm: written.alarm ?? DEFAULTS.alarm,
      noData: written.noData ?? noData ?? DEFAULTS.noData,
      wrongDimensions: written.wrongDimensions ?? DEFAULTS.wrongDimensions,
      stale: written.stale ?? DEFAULTS.stale,
    },
    ...(reason === undefined ? {} : { reason }),
  };
});

export function policyOf({ atStart, noData }: WatchedAlarm): AlarmPolicy {
  if (typeof atStart === "object") return atStart;
  return { ...DEFAULTS, alarm: atStart, noData: noData ?? DEFAULTS.noData };
}

/** The classes that the specification ignores. */
export function ignoredClasses(alarm: WatchedAlarm): readonly (keyof AlarmPolicy)[] {
  const policy = policyOf(alarm);
  return CLASSES.filter((name) => policy[name] === "ignore");
}
