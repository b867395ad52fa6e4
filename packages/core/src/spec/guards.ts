import { z } from "zod";

import { duration, durationOrZero } from "./duration.ts";
import { strict } from "./strict.ts";

export const name = z.string({ error: "a name" }).regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, {
  error: "a name of 1 to 63 letters, digits, - and _, that starts with a letter or digit",
});

const text = z.string({ error: "a text" }).min(1, { error: "a text that is not empty" });

const BOUND_EXPECTED = `a number, or for errorRate a percentage such as "1%"`;

/** A bound as written: errorRate is measured in percent, so for it "1%" and 1 are the same. */
const bound = z
  .union([z.number(), z.string().regex(/^\d+(?:\.\d+)?%$/)], { error: BOUND_EXPECTED })
  .transform((value) =>
    typeof value === "number"
      ? { value, isPercent: false }
      : { value: Number(value.slice(0, -1)), isPercent: true },
  );

const builtInMetric = z.enum([
  "errorRate",
  "errors",
  "requests",
  "latencyP50",
  "latencyP99",
  "latencyAverage",
]);

const cloudWatchMetric = strict({
  namespace: text,
  metricName: text,
  /** Values may hold {stable} and {canary}, which become the versions. */
  dimensions: z.record(z.string(), z.coerce.string()).default({}),
  statistic: z.string().regex(/^(Sum|Average|Minimum|Maximum|SampleCount|p\d{1,2}(\.\d+)?|p100)$/, {
    error: "Sum, Average, Minimum, Maximum, SampleCount or a percentile such as p99",
  }),
});

const metric = z
  .union([builtInMetric, strict({ cloudWatch: cloudWatchMetric })])
  .transform((value) =>
    typeof value === "string"
      ? { kind: "builtIn" as const, metric: value }
      : { kind: "cloudWatch" as const, ...value.cloudWatch },
  );

/** -1 switches the limit off, as in Argo Rollouts. */
const limit = z
  .int({ error: "a whole number, -1 for no limit" })
  .min(-1, { error: "a whole number, -1 for no limit" });

/** A metric that is measured again and again. The limits mean what they mean in Argo Rollouts. */
export const check = strict({
  name,
  metric,
  min: bound.optional(),
  max: bound.optional(),
  interval: duration.default(60_000),
  /** How far back one measurement looks; the interval when not given. */
  window: duration.optional(),
  /** The check is over after so many measurements that were not errors. */
  count: z.int().min(1, { error: "a whole number of at least 1" }).optional(),
  initialDelay: durationOrZero.default(0),
  failureLimit: limit.default(0),
  inconclusiveLimit: limit.default(0),
  consecutiveErrorLimit: limit.default(4),
  dryRun: z.boolean({ error: "true or false" }).default(false),
})
  .superRefine((value, context) => {
    if (value.metric.kind === "builtIn" && value.metric.metric === "errorRate") return;
    for (const key of ["min", "max"] as const) {
      if (value[key]?.isPercent !== true) continue;
      const message = "a number without %: only errorRate is a percentage";
      context.addIssue({ code: "custom", path: [key], message });
    }
  })
  .transform(({ min, max, ...rest }) => ({
    ...rest,
    ...(min === undefined ? {} : { min: min.value }),
    ...(max === undefined ? {} : { max: max.value }),
  }));
