// Protects how an alarm is written: short and long forms, the defaults of every class, the forms of before, and that
// nothing is ignored in silence: each refusal has its place in the file.
import { describe, expect, it } from "vitest";

import { checkSpec, policyOf } from "../../src/index.ts";

const STEPS = "strategy: { canary: { steps: [{ setWeight: 10% }] } }";

/** The alarm's text begins in line 6, column 5. */
function fileWith(alarm: string, strategy = STEPS): string {
  return `name: checkout
target: { lambda: { function: checkout, alias: live } }
revision: { version: 2 }
${strategy}
alarms:
  - ${alarm}
`;
}

function policyIn(alarm: string) {
  const { spec, findings } = checkSpec(fileWith(alarm));
  expect(findings.filter(({ severity }) => severity === "problem")).toEqual([]);
  const [first] = spec?.alarms ?? [];
  return first && policyOf(first);
}

function findingsOf(alarm: string, strategy?: string): readonly string[] {
  return checkSpec(fileWith(alarm, strategy)).findings.map(
    ({ severity, line, column, path, message }) =>
      `${severity} ${line}:${column} ${path}: ${message}`,
  );
}

const DEFAULTS = { alarm: "block", noData: "hold", wrongDimensions: "block", stale: "hold" };

describe("an alarm in headgate.yaml", () => {
  it.each([
    ["checkout-5xx", {}],
    ["{ name: a }", {}],
    ["{ name: a, atStart: {} }", {}],
    ["{ name: a, atStart: mustRecover }", { alarm: "mustRecover" }],
    ["{ name: a, atStart: block, noData: hold }", {}],
    ["{ name: a, atStart: ignore }", { alarm: "ignore" }],
    ["{ name: a, noData: ignore }", { noData: "ignore" }],
    [
      "{ name: a, atStart: { alarm: mustRecover }, noData: ignore }",
      { alarm: "mustRecover", noData: "ignore" },
    ],
    [
      "{ name: a, atStart: { alarm: mustRecover, noData: block, wrongDimensions: ignore, stale: ignore }, reason: why }",
      { alarm: "mustRecover", noData: "block", wrongDimensions: "ignore", stale: "ignore" },
    ],
  ])("%s has its answer to every class", (alarm, expected) => {
    expect(policyIn(alarm)).toEqual({ ...DEFAULTS, ...expected });
  });

  it("keeps the reason", () => {
    const text = fileWith("{ name: a, atStart: { alarm: ignore }, reason: it is being replaced }");
    const { spec, findings } = checkSpec(text);
    expect(findings).toEqual([]);
    expect(spec?.alarms[0]?.reason).toBe("it is being replaced");
  });

  const REASON = `got "ignore", expected a "reason" beside atStart that says why this alarm may be ignored`;
  it.each([
    [
      "ignore without a reason",
      "{ name: a, atStart: { stale: ignore } }",
      [`problem 6:34 alarms[0].atStart.stale: ${REASON}`],
    ],
    [
      "two of them",
      "{ name: a, atStart: { alarm: ignore, noData: ignore } }",
      [
        `problem 6:34 alarms[0].atStart.alarm: ${REASON}`,
        `problem 6:50 alarms[0].atStart.noData: ${REASON}`,
      ],
    ],
    [
      "an empty reason",
      `{ name: a, atStart: { stale: ignore }, reason: "" }`,
      [`problem 6:52 alarms[0].reason: got "", expected a text that is not empty`],
    ],
    [
      "noData in both places",
      "{ name: a, atStart: { noData: hold }, noData: hold }",
      [
        `problem 6:51 alarms[0].noData: got "hold", expected no noData here, as atStart has one already`,
      ],
    ],
    [
      "a word that is none",
      "{ name: a, atStart: blok }",
      [
        `problem 6:25 alarms[0].atStart: got "blok", expected block, mustRecover or ignore, or a mapping with alarm, noData, wrongDimensions, stale`,
      ],
    ],
    [
      "an unknown class",
      "{ name: a, atStart: { staled: hold } }",
      [
        `problem 6:27 alarms[0].atStart: unknown key "staled". Did you mean "stale"? Known keys: alarm, noData, wrongDimensions, stale.`,
      ],
    ],
    [
      "an answer that the class has not",
      "{ name: a, atStart: { wrongDimensions: hold } }",
      [`problem 6:44 alarms[0].atStart.wrongDimensions: got "hold", expected one of block, ignore`],
    ],
  ])("is refused for %s", (_, alarm, expected) => {
    expect(findingsOf(alarm)).toEqual(expected);
  });

  it.each(["strategy: { allAtOnce: {} }", "strategy: { blueGreen: { bake: 1m } }"])(
    "cannot recover before promotion with %s",
    (strategy) => {
      expect(findingsOf("{ name: a, atStart: mustRecover }", strategy)).toEqual([
        "problem 6:25 alarms[0].atStart: mustRecover needs a weight below 100%: this strategy promotes at once, so the alarm could not recover before that. Use canary steps, or ignore the alarm with a reason",
      ]);
    },
  );

  it("warns of the older forms that ignore without a reason", () => {
    expect(findingsOf("{ name: a, atStart: ignore, noData: ignore }")).toEqual([
      `warning 6:5 alarms[0]: alarm and noData of "a": ignored without a word why; add a "reason"`,
    ]);
    expect(findingsOf("{ name: a, atStart: ignore, reason: being replaced }")).toEqual([]);
  });
});
