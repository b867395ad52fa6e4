import { describe, expect, it } from "vitest";
import { matchesPattern, parsePattern } from "../../../../src/services/events/pattern/pattern.ts";

// Protects which events a rule takes: every way of comparing, lists, alternatives, and what is no pattern.

const EVENT = {
  source: "aws.ecs",
  detail: {
    state: "Stopped",
    file: "images/cat.png",
    count: 5,
    ip: "10.0.0.17",
    none: null,
    live: true,
    "exit.code": 137,
    container: { name: "web" },
    tags: ["a", "b"],
    parts: [
      { name: "web", code: 1 },
      { name: "log", code: 0 },
    ],
  },
};

const matches = (detail: object) => matchesPattern(parsePattern(JSON.stringify({ detail })), EVENT);

describe("a pattern", () => {
  it.each([
    [{ state: ["Stopped"] }, true],
    [{ state: ["stopped"] }, false],
    [{ state: ["Running", "Stopped"] }, true],
    [{ count: [5] }, true],
    [{ count: ["5"] }, false],
    [{ none: [null] }, true],
    [{ absent: [null] }, false],
    [{ live: [true] }, true],
    [{ tags: ["b"] }, true],
    [{ tags: ["c"] }, false],
    [{ state: [{ prefix: "Sto" }] }, true],
    [{ state: [{ prefix: { "equals-ignore-case": "sTO" } }] }, true],
    [{ file: [{ suffix: ".png" }] }, true],
    [{ file: [{ suffix: { "equals-ignore-case": ".PNG" } }] }, true],
    [{ state: [{ "equals-ignore-case": "STOPPED" }] }, true],
    [{ file: [{ wildcard: "images/*.png" }] }, true],
    [{ file: [{ wildcard: String.raw`images/\*.png` }] }, false],
    [{ state: [{ "anything-but": "Running" }] }, true],
    [{ state: [{ "anything-but": ["Running", "Stopped"] }] }, false],
    [{ absent: [{ "anything-but": "x" }] }, false],
    [{ state: [{ "anything-but": { prefix: "Sto" } }] }, false],
    [{ file: [{ "anything-but": { suffix: [".jpg", ".gif"] } }] }, true],
    [{ state: [{ "anything-but": { "equals-ignore-case": ["STOPPED"] } }] }, false],
    [{ file: [{ "anything-but": { wildcard: "images/*" } }] }, false],
    [{ count: [{ numeric: [">", 0, "<=", 5] }] }, true],
    [{ count: [{ numeric: [">", 5] }] }, false],
    [{ state: [{ numeric: ["=", 0] }] }, false],
    [{ ip: [{ cidr: "10.0.0.0/24" }] }, true],
    [{ ip: [{ cidr: "10.0.1.0/24" }] }, false],
    [{ state: [{ cidr: "10.0.1.0/24" }] }, false],
    [{ state: [{ exists: true }] }, true],
    [{ absent: [{ exists: false }] }, true],
    [{ absent: { deeper: [{ exists: false }] } }, true],
    [{ absent: { deeper: ["x"] } }, false],
    [{ parts: { name: ["web"], code: [1] } }, true],
    [{ parts: { name: ["web"], code: [0] } }, false],
    [{ $or: [{ state: ["Running"] }, { count: [{ numeric: [">", 4] }] }] }, true],
    [{ exit: { code: [137] } }, true],
    [{ exit: { code: [0] } }, false],
    [{ "container.name": ["web"] }, true],
    [{ "container.name": [{ exists: false }] }, false],
    [{ $or: [{ state: ["Running"] }, { count: [4] }] }, false],
    [{ live: [true], $or: [{ state: ["Running"] }, { count: [5] }] }, true],
  ])("%j: %j", (detail, expected) => {
    expect(matches(detail)).toBe(expected);
  });

  it.each([
    ["[]", "Filter is not an object"],
    ["this is none", "Unrecognized token 'this'"],
    ['{"a": "x"}', '"a" must be an object or an array'],
    ['{"a": []}', "Empty arrays are not allowed"],
    ['{"a": [{"EXISTS": true}]}', "Unrecognized match type EXISTS"],
    ['{"a": [{"prefix": 1}]}', "prefix match pattern must be a string"],
    ['{"a": [{"wildcard": "a**"}]}', "Consecutive wildcard characters at pos 2"],
    ['{"a": [{"numeric": 10}]}', "Value of numeric must be an array."],
    ['{"a": [{"numeric": [">", 0, ">", 5]}]}', "Bad numeric range operator: >"],
    ['{"a": [{"numeric": ["<", "5"]}]}', "Value of < must be numeric"],
    ['{"a": [{"anything-but": null}]}', "Value of anything-but must be an array"],
    ['{"a": [{"anything-but": {"prefix": ""}}]}', "Null prefix/suffix not allowed"],
    ['{"a": [{"cidr": "10.0.0.0"}]}', "Malformed CIDR, one '/' required"],
    ['{"a": [{"cidr": "10.0.0/8"}]}', "Nonstandard IP address: 10.0.0"],
  ])("is not %s", (text, reason) => {
    expect(() => parsePattern(text)).toThrow(`Event pattern is not valid. Reason: ${reason}`);
  });
});
