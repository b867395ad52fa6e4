import { z } from "zod";

import type { HookTarget } from "../contracts/hook.ts";
import { duration } from "./duration.ts";
import { CODE_DEPLOY_HOOK_MS } from "./code-deploy-hook.ts";
import { name } from "./guards.ts";
import { lambdaHook, lambdaTargetOf } from "./lambda-hook.ts";
import { strict } from "./strict.ts";

/** Points of a rollout at which a hook is asked, in the order of their coming. */
export const HOOK_POINTS = [
  "beforeInstall",
  "afterInstall",
  "afterTestTraffic",
  "beforeTraffic",
  "step",
  "afterTraffic",
] as const;

export type HookPoint = (typeof HOOK_POINTS)[number];

/** The points that come before the canary gets any weight, in their order. */
export const POINTS_BEFORE_TRAFFIC = [
  "beforeInstall",
  "afterInstall",
  "afterTestTraffic",
  "beforeTraffic",
] as const satisfies readonly HookPoint[];

const text = z.string({ error: "a text" }).min(1, { error: "a text that is not empty" });
const httpUrl = z.url({ protocol: /^https?$/, error: "an http or https URL" });
const headers = z.record(z.string(), z.coerce.string()).default({});
const method = z.enum(["GET", "HEAD", "POST", "PUT", "DELETE"]).default("GET");
const status = z
  .int({ error: "an HTTP status, 100 to 599" })
  .min(100, { error: "an HTTP status, 100 to 599" })
  .max(599, { error: "an HTTP status, 100 to 599" });
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: "a text, a number, true, false or null",
});

/** Requests that must be answered as they say. */
const smoke = strict({
  url: httpUrl,
  headers,
  requests: z
    .array(
      strict({
        path: z.string().regex(/^\//, { error: "a path that begins with /" }).default("/"),
        method,
        body: z.string().optional(),
        status: z.union([status, z.array(status).min(1)]).default(200),
        /** Values in a JSON answer, by path: "items[0].id". */
        json: z.record(z.string(), scalar).optional(),
        contains: text.optional(),
        maxLatency: duration.optional(),
      }),
    )
    .min(1, { error: "at least one request" })
    .max(100, { error: "at most 100 requests" })
    .prefault([{}]),
});

const share = z
  .string()
  .regex(/^\d+(?:\.\d+)?%$/, { error: `a percentage such as "1%"` })
  .transform((value) => Number(value.slice(0, -1)) / 100)
  .refine((value) => value <= 1, { error: `a percentage up to "100%"` });

const LOAD_REQUESTS_MAX = 200_000;

/** Bounded load, and limits that its answers must keep. */
const load = strict({
  url: httpUrl,
  headers,
  method,
  body: z.string().optional(),
  /** Requests per second. */
  rate: z
    .number({ error: "requests per second, above 0 and up to 1000" })
    .positive({ error: "requests per second, above 0 and up to 1000" })
    .max(1000, { error: "requests per second, above 0 and up to 1000" }),
  for: duration,
  maxErrors: share.prefault("1%"),
  maxP50: duration.optional(),
  maxP95: duration.optional(),
  maxP99: duration.optional(),
}).superRefine((value, context) => {
  const requests = value.rate * (value.for / 1000);
  if (requests <= LOAD_REQUESTS_MAX) return;
  const message = `at most ${LOAD_REQUESTS_MAX} requests in all: rate x for is ${Math.round(requests)}`;
  context.addIssue({ code: "custom", path: ["for"], message });
});

/** Events that a function must answer as they say. */
const invoke = strict({
  /** The canary's own function when left out. */
  function: text.optional(),
  events: z
    .array(
      strict({
        name: text.optional(),
        payload: z.unknown().optional(),
        /** A part of the answer: objects may have more members than these. */
        expect: z.unknown().optional(),
        maxDuration: duration.optional(),
      }),
    )
    .min(1, { error: "at least one event" })
    .max(100, { error: "at most 100 events" }),
});

/** What the platform says of the canary's own capacity. */
const capacity = strict({});

const command = z
  .array(z.string(), { error: `a list of words, such as ["./smoke.sh", "--fast"]` })
  .min(1, { error: "a list with at least the command's name" });

const KINDS = ["lambda", "http", "command", "smoke", "load", "invoke", "capacity"] as const;

const targets = strict({
  lambda: lambdaHook.optional(),
  http: httpUrl.optional(),
  command: command.optional(),
  smoke: smoke.optional(),
  load: load.optional(),
  invoke: invoke.optional(),
  capacity: capacity.optional(),
});

/** Unless the file says otherwise, and unless CodeDeploy waits for the answer. */
const DEADLINE_MS = 300_000;

/** Asked once; passes or fails. Exactly one of its kinds says who is asked, or what is done. */
export const hook = strict({
  name,
  when: z.enum(HOOK_POINTS),
  /** Default: 5m; of a function that reports to CodeDeploy always 1h. */
  deadline: duration.optional(),
  /** False: what it did cannot be taken back, so from when it was asked on nothing turns back by itself. */
  reversible: z.boolean({ error: "true or false" }).default(true),
  ...targets.shape,
})
  .superRefine((value, context) => {
    const given = KINDS.filter((kind) => value[kind] !== undefined);
    if (given.length === 1) return;
    context.addIssue({ code: "custom", message: `exactly one of ${KINDS.join(", ")}` });
  })
  .transform(({ name, when, deadline, reversible, ...kinds }) => {
    const target = hookTargetOf(kinds);
    const usual = target.kind === "codeDeployFunction" ? CODE_DEPLOY_HOOK_MS : DEADLINE_MS;
    return { name, when, deadline: deadline ?? usual, reversible, target };
  });

function hookTargetOf(kinds: z.output<typeof targets>): HookTarget {
  const { lambda, http, command: argv = [], smoke, load, invoke, capacity } = kinds;
  if (lambda !== undefined) return lambdaTargetOf(lambda);
  if (http !== undefined) return { kind: "http", url: http };
  if (smoke !== undefined) {
    const requests = smoke.requests.map(({ status, maxLatency, ...rest }) => ({
      ...rest,
      statuses: typeof status === "number" ? [status] : status,
      maxLatencyMs: maxLatency,
    }));
    return { kind: "smoke", url: smoke.url, headers: smoke.headers, requests };
  }
  if (load !== undefined) {
    const { rate, for: forMs, maxErrors, maxP50, maxP95, maxP99, ...request } = load;
    const limits = {
      maxErrorShare: maxErrors,
      maxP50Ms: maxP50,
      maxP95Ms: maxP95,
      maxP99Ms: maxP99,
    };
    return { kind: "load", ...request, requestsPerSecond: rate, forMs, limits };
  }
  if (invoke !== undefined) {
    const events = invoke.events.map(({ maxDuration, payload, expect, ...rest }) => ({
      ...rest,
      payload: JSON.stringify(payload ?? {}),
      expected: expect === undefined ? undefined : JSON.stringify(expect),
      maxDurationMs: maxDuration,
    }));
    return { kind: "invoke", functionName: invoke.function, events };
  }
  if (capacity !== undefined) return { kind: "capacity" };
  return { kind: "command", argv };
}
