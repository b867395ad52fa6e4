import { describe, expect, it } from "vitest";
import {
  alarmsIn,
  evaluateRule,
  parseRule,
} from "../../../../src/services/cloudwatch/alarms/composite-rule.ts";
import type { StateValue } from "../../../../src/services/cloudwatch/state.ts";

// Protects the grammar of AlarmRule: what binds first, how names are written, what is refused.

const STATES: Readonly<Record<string, StateValue>> = {
  a: "ALARM",
  b: "OK",
  c: "INSUFFICIENT_DATA",
  "my alarm (1)": "ALARM",
};

const holds = (rule: string) => evaluateRule(parseRule(rule), (name) => STATES[name]);

describe("an alarm rule", () => {
  it.each([
    ['ALARM("a")', true],
    ["ALARM(b)", false],
    ["OK(b) AND INSUFFICIENT_DATA(c)", true],
    ["NOT OK(b)", false],
    ["TRUE AND NOT FALSE", true],
    // AND before OR: TRUE OR (FALSE AND FALSE)
    ["TRUE OR FALSE AND FALSE", true],
    ["(TRUE OR FALSE) AND FALSE", false],
    ["NOT ALARM(b) AND ALARM(a)", true],
    ["NOT (ALARM(b) AND ALARM(a))", true],
    ['ALARM("my alarm (1)")', true],
    ["ALARM(arn:aws:cloudwatch:us-east-1:000000000000:alarm:a)", true],
    ['ALARM("arn:aws:cloudwatch:us-east-1:000000000000:alarm:my alarm (1)")', true],
    ["AT_LEAST(1, ALARM, (a, b, c))", true],
    ["AT_LEAST(2, ALARM, (a, b, c))", false],
    ["AT_LEAST(50%, NOT OK, (a, b, c))", true],
  ])("%s is %s", (rule, expected) => {
    expect(holds(rule)).toBe(expected);
  });

  it("names each alarm once", () => {
    expect(alarmsIn(parseRule('ALARM("a") OR (OK(b) AND NOT ALARM(a))'))).toEqual(["a", "b"]);
  });

  it.each([
    ["a", "'a'"],
    ["ALARM(a", "''"],
    ["ALARM()", "')'"],
    ["ALARM(a) XOR OK(b)", "'XOR'"],
    ["alarm(a)", "'alarm'"],
    ["NOT", "''"],
    ['"ALARM"(a)', "'ALARM'"],
    ["ALARM(a) OR", "''"],
  ])("%s is refused at %s", (rule, token) => {
    expect(() => parseRule(rule)).toThrow(
      `Error in AlarmRule [Unsupported token ${token} must be: '(', 'NOT', AT_LEAST, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA]`,
    );
  });

  it("may not begin or end with white space", () => {
    const text = "AlarmRule must not contain leading or trailing whitespace or be null";
    expect(() => parseRule(" ALARM(a)")).toThrow(text);
    expect(() => parseRule("ALARM(a) ")).toThrow(text);
  });
});
