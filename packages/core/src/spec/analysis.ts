import { z } from "zod";

import { duration, durationOrZero } from "./duration.ts";
import { name } from "./guards.ts";
import { exactlyOne, strict } from "./strict.ts";

const text = z.string({ error: "a text" }).min(1, { error: "a text that is not empty" });

const SHARE_EXPECTED = `a percentage from 0% to below 100%, such as "0.05%" or 0.05`;

/** Written as "0.05%" or as the number of percent, read as a fraction. */
const share = z
  .union([z.string().regex(/^\d+(?:\.\d+)?%$/), z.number()], { error: SHARE_EXPECTED })
  .transform((value, context) => {
    const percent = typeof value === "number" ? value : Number(value.slice(0, -1));
    if (percent >= 0 && percent < 100) return percent / 100;
    context.addIssue({ code: "custom", message: SHARE_EXPECTED });
    return z.NEVER;
  });

const chance = share.refine((value) => value > 0 && value <= 0.5, {
  error: `a chance above 0% and up to 50%, such as "1%"`,
});

const RATIO_EXPECTED = "a number from 1 to 100: how many times as often";
const ratio = z
  .number({ error: RATIO_EXPECTED })
  .min(1, { error: RATIO_EXPECTED })
  .max(100, { error: RATIO_EXPECTED });

/** Values of dimensions may hold {version}, which becomes the version that is counted. */
const namedMetric = strict({
  namespace: text,
  metricName: text,
  dimensions: z.record(z.string(), z.coerce.string()).default({}),
});

const thresholds = z
  .array(z.number({ error: "a number" }), { error: "a list of numbers" })
  .min(1, { error: "at least one threshold" })
  .max(7, { error: "at most seven thresholds" });

/** A user's own metric, compared between the versions: successes and failures, or values with thresholds. */
const metric = strict({
  name,
  outcomes: strict({ successes: namedMetric, failures: namedMetric }).optional(),
  values: strict({
    metric: namedMetric,
    worse: z.enum(["higher", "lower"]).default("higher"),
    thresholds,
  }).optional(),
}).transform((given, context) => {
  const { outcomes, values } = given;
  if (outcomes !== undefined && values === undefined) {
    return { kind: "outcomes" as const, name: given.name, ...outcomes };
  }
  if (values !== undefined && outcomes === undefined) {
    const rising = values.thresholds.toSorted((left, right) => left - right);
    const kind = "values" as const;
    return {
      kind,
      name: given.name,
      value: values.metric,
      worse: values.worse,
      thresholds: rising,
    };
  }
  context.addIssue({ code: "custom", message: "exactly one of outcomes, values" });
  return z.NEVER;
});

/** Where the counts come from; what the target's own platform counts when not given. */
const source = exactlyOne({
  /** Published by the versions themselves, by the second: metrics Requests, Errors and Duration of one namespace. */
  embedded: strict({
    namespace: text,
    dimensions: z.record(z.string(), z.coerce.string()).default({ Version: "{version}" }),
    lag: duration.optional(),
  }).optional(),
  /** A Prometheus server, asked with PromQL; or the text of the versions' own endpoints, scraped. */
  prometheus: strict({
    server: z.url({ protocol: /^https?$/, error: "an http or https URL" }).optional(),
    scrape: z
      .array(z.url({ protocol: /^https?$/, error: "an http or https URL" }), {
        error: "a list of http or https URLs",
      })
      .min(1, { error: "at least one URL" })
      .optional(),
    requests: text.default("http_requests_total"),
    /** Labels that mark an error among the requests; a value may be a regular expression between slashes. */
    errorLabels: z.record(z.string(), z.coerce.string()).default({ code: "/5../" }),
    duration: text.optional(),
    versionLabel: text.default("version"),
    interval: duration.default(5000),
  })
    .refine((value) => (value.server === undefined) !== (value.scrape === undefined), {
      error: "exactly one of server, scrape",
    })
    .optional(),
  /** The platform's own metrics, with another delay than the usual one. */
  platform: strict({ lag: duration }).optional(),
  /** The access log of a stage of API Gateway, whose format names the deployment. */
  accessLogs: strict({ lag: duration.optional() }).optional(),
  /** Metric filters on that log: metrics Requests, Errors and Latency with the dimension DeploymentId. */
  deploymentMetrics: strict({ namespace: text, lag: duration.optional() }).optional(),
});

const comparison = strict({
  /** Chance of a false rollback, over all looks together. */
  alpha: chance.default(0.01),
  /** Chance of promoting a version that is worse than the margin allows. */
  beta: chance.default(0.05),
  tolerance: strict({
    ratio: ratio.default(1.1),
    rate: share.default(0.0005),
    /** On top of the 9 % that latency may rise: a few milliseconds are noise where answers take as few. */
    latency: durationOrZero.default(5),
  }).prefault({}),
  margin: strict({ ratio: ratio.default(1.5), rate: share.default(0.005) }).prefault({}),
  latency: z.enum(["compare", "ignore"]).default("compare"),
  /** Attempts of one request that stay on one version; 1 when clients do not retry there. */
  retries: z
    .int({ error: "a whole number" })
    .min(1, { error: "a whole number of at least 1" })
    .default(1),
  /** The canary serves at least this long before it is promoted. */
  minTime: duration.default(60_000),
  /** How long a rollout waits for proof once its steps are done. */
  maxWait: duration.default(30 * 60_000),
  /** What happens when that time is over and nothing is proved. */
  underpowered: z.enum(["hold", "abort", "promote"]).default("hold"),
  /** Whether proof ends the steps early. Default: yes for linear and budget, no for canary. */
  promoteEarly: z.boolean({ error: "true or false" }).optional(),
  /** What the canary's missing requests do. Default: abort when versions count themselves, hold otherwise. */
  requestCount: z.enum(["hold", "abort", "ignore"]).optional(),
  metrics: z.array(metric, { error: "a list of metrics" }).default([]),
  source: source.optional(),
});

export const analysis = z
  .union([z.literal("none"), comparison], {
    error: "none, or a mapping that says how the versions are compared",
  })
  .transform((value) =>
    value === "none" ? { kind: "none" as const } : { kind: "compare" as const, ...value },
  );
