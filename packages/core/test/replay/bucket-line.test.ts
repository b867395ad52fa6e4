// Protects the reading of recordings: what is wrong is named with its field, the value and what is allowed, and what is
// right comes back as it was written.
import { expect, it } from "vitest";
import { parseBucketLine } from "../../src/index.ts";

const GOOD = {
  run: "r1",
  atMs: 1000,
  weightBps: 1000,
  stable: { requests: 90, errors: 1 },
  canary: { requests: 10, errors: 0 },
};

it("gives back what a line says, and leaves keys alone that it does not know", () => {
  const text = JSON.stringify({ ...GOOD, note: "from Tuesday", stable: { ...GOOD.stable, v: 4 } });
  expect(parseBucketLine(text)).toEqual(GOOD);
});

it("names a run that has no name", () => {
  const { run: _run, ...unnamed } = GOOD;
  expect(parseBucketLine(JSON.stringify(unnamed))).toMatchObject({ run: "run" });
});

it("reads latency of one version or of both", () => {
  const latency = { boundsMs: [1, 10, 100.5], counts: [0, 4, 5, 1] };
  const one = { ...GOOD, canary: { ...GOOD.canary, latency } };
  expect(parseBucketLine(JSON.stringify(one))).toEqual(one);
  const both = { ...one, stable: { ...GOOD.stable, latency } };
  expect(parseBucketLine(JSON.stringify(both))).toEqual(both);
});

const withCanary = (canary: unknown) => ({ ...GOOD, canary });
const withLatency = (latency: unknown) => withCanary({ requests: 10, errors: 0, latency });

it.each([
  ["an array", [1], "", "the line is [1]; it must be a JSON object"],
  ["null", null, "", "the line is null; it must be a JSON object"],
  [
    "an empty run",
    { ...GOOD, run: "" },
    "run",
    'run is ""; it must be a text of 1 to 200 characters',
  ],
  ["a run that is a number", { ...GOOD, run: 7 }, "run", "run is 7; it must be a text"],
  [
    "no atMs",
    { ...GOOD, atMs: undefined },
    "atMs",
    "atMs is missing; it must be a whole number of milliseconds",
  ],
  ["a fractional atMs", { ...GOOD, atMs: 1.5 }, "atMs", "atMs is 1.5"],
  ["a text as atMs", { ...GOOD, atMs: "1000" }, "atMs", 'atMs is "1000"'],
  ["no weight", { ...GOOD, weightBps: undefined }, "weightBps", "weightBps is missing"],
  [
    "too high a weight",
    { ...GOOD, weightBps: 10_001 },
    "weightBps",
    "weightBps is 10001; it must be a whole number of basis points from 0 to 10000",
  ],
  ["a negative weight", { ...GOOD, weightBps: -1 }, "weightBps", "weightBps is -1"],
  [
    "no canary",
    withCanary(undefined),
    "canary",
    "canary is missing; it must be an object with requests and errors",
  ],
  ["a canary that is a list", withCanary([]), "canary", "canary is []"],
  [
    "negative requests",
    withCanary({ requests: -1, errors: 0 }),
    "canary.requests",
    "canary.requests is -1; it must be a whole number, 0 or more",
  ],
  [
    "fractional requests",
    withCanary({ requests: 0.5, errors: 0 }),
    "canary.requests",
    "canary.requests is 0.5",
  ],
  [
    "requests beyond exact numbers",
    withCanary({ requests: 2 ** 53, errors: 0 }),
    "canary.requests",
    "canary.requests is 9007199254740992",
  ],
  [
    "requests as text",
    withCanary({ requests: "10", errors: 0 }),
    "canary.requests",
    'canary.requests is "10"',
  ],
  [
    "null requests",
    withCanary({ requests: null, errors: 0 }),
    "canary.requests",
    "canary.requests is null",
  ],
  [
    "errors above requests",
    withCanary({ requests: 10, errors: 11 }),
    "canary.errors",
    "canary.errors is 11; it must be a whole number from 0 to canary.requests, which is 10",
  ],
  ["no errors", withCanary({ requests: 10 }), "canary.errors", "canary.errors is missing"],
  [
    "negative errors",
    withCanary({ requests: 10, errors: -2 }),
    "canary.errors",
    "canary.errors is -2",
  ],
  [
    "latency that is a number",
    withLatency(5),
    "canary.latency",
    "canary.latency is 5; it must be an object with boundsMs and counts",
  ],
  [
    "bounds that fall",
    withLatency({ boundsMs: [10, 5], counts: [0, 0, 0] }),
    "canary.latency.boundsMs",
    "canary.latency.boundsMs is [10,5]; it must be 1 to 1000 numbers above 0, each larger than the one before",
  ],
  [
    "a bound of 0",
    withLatency({ boundsMs: [0, 5], counts: [0, 0, 0] }),
    "canary.latency.boundsMs",
    "is [0,5]",
  ],
  ["no bounds", withLatency({ boundsMs: [], counts: [0] }), "canary.latency.boundsMs", "is []"],
  [
    "too many bounds",
    withLatency({ boundsMs: Array.from({ length: 1001 }, (_, index) => index + 1), counts: [] }),
    "canary.latency.boundsMs",
    "...",
  ],
  [
    "too few counts",
    withLatency({ boundsMs: [5, 10], counts: [1, 2] }),
    "canary.latency.counts",
    "canary.latency.counts is [1,2]; it must be 3 whole numbers of 0 or more",
  ],
  [
    "a negative count",
    withLatency({ boundsMs: [5], counts: [1, -2] }),
    "canary.latency.counts",
    "is [1,-2]",
  ],
])("refuses %s", (_what, value, field, message) => {
  const { problem } = refusalOf(JSON.stringify(value));
  expect(problem.field).toBe(field);
  expect(problem.message).toContain(message);
  expect(problem.hint).not.toBe("");
});

it("refuses bounds that differ between the versions", () => {
  const latency = (boundsMs: readonly number[]) => ({ boundsMs, counts: [0, 0, 0] });
  const { problem } = refusalOf(
    JSON.stringify({
      ...GOOD,
      stable: { ...GOOD.stable, latency: latency([1, 2]) },
      canary: { ...GOOD.canary, latency: latency([1, 3]) },
    }),
  );
  expect(problem.field).toBe("canary.latency.boundsMs");
  expect(problem.message).toContain("is [1,3]; it must be the same as stable.latency.boundsMs");
});

it.each(["{", "", "NaN", '{"atMs": NaN}', "run,atMs", '{"atMs":1} {"atMs":2}'])(
  "refuses what is not JSON: %j",
  (text) => {
    expect(refusalOf(text).problem.message).toMatch(/^not JSON: ./);
  },
);

function refusalOf(text: string) {
  const read = parseBucketLine(text);
  if (!("problem" in read)) throw new Error(`accepted ${text}`);
  return read;
}
