import { z } from "zod";

import { duration, durationOrZero } from "./duration.ts";
import { percentage } from "./percentage.ts";
import { exactlyOne, strict } from "./strict.ts";

const failures = z
  .number({ error: "a number above 0" })
  .positive({ error: "a number above 0" })
  .max(1_000_000, { error: "a number up to 1000000" });

const message = z.string({ error: "a text" }).min(1, { error: "a text that is not empty" });

const approval = strict({
  message: message.default("Approve to go on."),
  deadline: duration,
  atDeadline: z.enum(["abort", "promote"]).default("abort"),
});

const analysis = strict({
  checks: z
    .array(z.string(), { error: "a list of names of checks" })
    .min(1, { error: "at least one name of a check" }),
  for: duration.optional(),
});

const pause = z.union([duration, strict({ duration })]);

const step = exactlyOne({
  setWeight: percentage.optional(),
  pause: pause.optional(),
  approval: approval.optional(),
  hook: z.string({ error: "the name of a hook" }).optional(),
  analysis: analysis.optional(),
});

/** How traffic moves from stable to canary. Exactly one kind. */
export const strategy = exactlyOne({
  allAtOnce: strict({}).optional(),
  canary: strict({
    steps: z
      .array(step, { error: "a list of steps" })
      .min(1, { error: "at least one step: setWeight, pause, approval, hook or analysis" }),
  }).optional(),
  linear: strict({ step: percentage, every: duration }).optional(),
  /** The weight rises as fast as the proven risk allows: at most `failures` failed requests in one reaction time. */
  budget: strict({
    failures: failures.default(5),
    minWeight: percentage.prefault("0.1%"),
    maxWeight: percentage.prefault("50%"),
    maxTime: duration.default(30 * 60_000),
  }).optional(),
  blueGreen: strict({ bake: durationOrZero }).optional(),
});
