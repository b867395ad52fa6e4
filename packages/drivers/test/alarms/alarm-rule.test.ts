// Protects that every alarm under a composite one is found, however its rule is written.
import { expect, it } from "vitest";
import { alarmsInRule } from "../../src/alarms/alarm-rule.ts";

it.each([
  ['ALARM("a")', ["a"]],
  ["ALARM(a) OR OK(b)", ["a", "b"]],
  ['(ALARM("a") AND NOT INSUFFICIENT_DATA( "b" )) OR ALARM("a")', ["a", "b"]],
  ['ALARM("with (marks), and OK")', ["with (marks), and OK"]],
  ['AT_LEAST(2, ALARM, ("a", b, "c")) AND OK(d)', ["a", "b", "c", "d"]],
  ["AT_LEAST(50%, NOT ALARM, (a, b))", ["a", "b"]],
  ["ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:checkout:5xx)", ["checkout:5xx"]],
  ["TRUE", []],
  ["ALARM", []],
  ["ALARM(a", ["a"]],
  ["", []],
])("finds the alarms in %s", (rule, names) => {
  expect(alarmsInRule(rule)).toEqual(names);
});
