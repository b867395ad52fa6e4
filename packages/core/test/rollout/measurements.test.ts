// Protects the counters' meaning: they are Argo Rollouts', and users rely on that.
import { describe, expect, it } from "vitest";

import { counted, newRun, verdictOf } from "../../src/rollout/measurements.ts";
import type { CheckRun, Verdict } from "../../src/index.ts";
import { specOf } from "../support/specs.ts";

function check(more: string) {
  const spec = specOf(`
strategy: { allAtOnce: {} }
checks: [{ name: rate, metric: errorRate, max: 1%, interval: 30s${more} }]
`);
  const [first] = spec.checks;
  if (first === undefined) throw new Error("the spec has a check");
  return first;
}

const window = { fromMs: 0, toMs: 1 };

/** p: pass, f: fail, i: inconclusive, e: error; one measurement a letter. */
function runOf(letters: string, more = ""): CheckRun {
  const spec = check(more);
  const verdicts: Record<string, Verdict> = { p: "pass", f: "fail", i: "inconclusive", e: "error" };
  return letters.split("").reduce(
    (run, letter, index) =>
      counted(spec, run, {
        verdict: verdicts[letter] ?? "error",
        atMs: index,
        detail: "",
        window,
      }),
    newRun(spec, "background", 0, 0),
  );
}

describe("a check's counters", () => {
  it.each([
    ["fails at the first failure by default", "ppf", "", "failed"],
    ["counts failures in all, not in a row", "fpfpf", ", failureLimit: 2", "failed"],
    ["tolerates as many as the limit says", "fpfp", ", failureLimit: 2", "running"],
    ["never fails with limit -1", "ffffff", ", failureLimit: -1", "running"],
    ["is inconclusive at the first silence by default", "pi", "", "inconclusive"],
    ["tolerates silence up to its limit", "ipip", ", inconclusiveLimit: 2", "running"],
    ["errs at the fifth error in a row by default", "peeeee", "", "error"],
    ["forgets errors at any answer", "eeeepeeee", "", "running"],
    ["is over when count is reached", "ppp", ", count: 3", "successful"],
    ["does not count errors as measurements", "peep", ", count: 3", "running"],
    [
      "is over with tolerated failures among the count",
      "fpp",
      ", count: 3, failureLimit: 1",
      "successful",
    ],
    [
      "never calls silence alone a success",
      "iii",
      ", count: 3, inconclusiveLimit: 5",
      "inconclusive",
    ],
  ])("%s", (_, letters, more, status) => {
    expect(runOf(letters, more).status).toBe(status);
  });

  it("measures again after the interval, and after 10 s when it could not measure", () => {
    expect(runOf("p").nextAtMs).toBe(30_000);
    expect(runOf("e").nextAtMs).toBe(10_000);
  });

  it("keeps only the newest ten measurements", () => {
    expect(runOf("p".repeat(25)).recent).toHaveLength(10);
    expect(runOf("p".repeat(25)).successful).toBe(25);
  });
});

describe("verdictOf", () => {
  it.each([
    [0.5, "pass"],
    [1, "pass"],
    [1.01, "fail"],
    [undefined, "inconclusive"],
    [Number.NaN, "inconclusive"],
  ])("finds %s against max 1%% to be %s", (value, verdict) => {
    expect(verdictOf(check(""), value)).toBe(verdict);
  });

  it("looks at both bounds", () => {
    const both = { ...check(""), min: 0.5 };
    expect([0.4, 0.5, 1, 1.1].map((value) => verdictOf(both, value))).toEqual([
      "fail",
      "pass",
      "pass",
      "fail",
    ]);
  });
});
