import { describe, expect, it } from "vitest";
import { parseFilterPattern } from "../../src/telemetry/filter-pattern.ts";
import { FilterPatternError } from "../../src/telemetry/filter-regex.ts";

// Protects filter patterns: which lines they match, and what they find in them.

const matches = (pattern: string, message: string): boolean =>
  parseFilterPattern(pattern).match(message) !== undefined;

describe("terms", () => {
  it.each([
    ["", "anything", true],
    ["ERROR", "[ERROR 500] bad", true],
    ["ERROR", "[error 500] bad", false],
    ["ERROR bad", "[ERROR 500] bad", true],
    ["ERROR good", "[ERROR 500] bad", false],
    ["?good ?bad", "[ERROR 500] bad", true],
    ["?good ?fine", "[ERROR 500] bad", false],
    ["ERROR -bad", "[ERROR 500] bad", false],
    ["ERROR -fine", "[ERROR 500] bad", true],
    ['"500] bad"', "[ERROR 500] bad", true],
    ['"500] \\"bad\\""', '[ERROR 500] "bad"', true],
    ['-"500] bad"', "[ERROR 500] bad", false],
    ["%ERROR [45]\\d\\d%", "[ERROR 500] bad", true],
    ["%^bad%", "[ERROR 500] bad", false],
  ])("%s on %s: %s", (pattern, message, expected) => {
    expect(matches(pattern, message)).toBe(expected);
  });
});

describe("JSON", () => {
  const message = JSON.stringify({
    level: "error",
    status: 503,
    path: "/pay/42",
    ok: false,
    none: null,
    user: { id: "u1" },
    tries: [1, 2, { why: "slow" }],
    "odd key": 1,
  });
  it.each([
    ['{ $.level = "error" }', true],
    ['{ $.level = "warn" }', false],
    ['{ $.level != "warn" }', true],
    ["{ $.status = 503 }", true],
    ["{ $.status >= 500 && $.status < 504 }", true],
    ["{ $.status > 503 || $.status < 400 }", false],
    ['{ ($.status = 200) || ($.level = "error" && $.user.id = "u1") }', true],
    ['{ $.path = "/pay/*" }', true],
    ["{ $.path = %/pay/[0-9]+$% }", true],
    ["{ $.status = 5* }", true],
    ["{ $.ok IS FALSE }", true],
    ["{ $.ok IS TRUE }", false],
    ["{ $.none IS NULL }", true],
    ["{ $.missing NOT EXISTS }", true],
    ["{ $.level NOT EXISTS }", false],
    ["{ $.tries[1] = 2 }", true],
    ["{ $.tries[*] = 2 }", true],
    ['{ $.tries[2].why = "slow" }', true],
    ['{ $["odd key"] = 1 }', true],
    ['{ $.missing != "x" }', false],
  ])("%s: %s", (pattern, expected) => {
    expect(matches(pattern, message)).toBe(expected);
  });

  it("never matches a line that is no JSON", () => {
    expect(matches("{ $.a NOT EXISTS }", "plain")).toBe(false);
  });

  it("finds fields", () => {
    const fields = parseFilterPattern("{ $.status = * }").match(message);
    expect(fields?.("$.status")).toBe("503");
    expect(fields?.("$.user.id")).toBe("u1");
    expect(fields?.("$.missing")).toBeUndefined();
  });
});

describe("words by position", () => {
  const message = '10.0.0.1 - frank [10/Oct/2026:13:55:36] "GET /pay HTTP/1.1" 404 2326';
  it.each([
    ["[ip, id, user, time, request, status = 404, bytes]", true],
    ["[ip, id, user, time, request, status = 4*, bytes > 2000]", true],
    ["[ip, id, user, time, request, status = 4* || status = 5*, bytes]", true],
    ["[ip, id, user, time, request, status = 200, bytes]", false],
    ["[..., status = 404, bytes]", true],
    ["[ip, ...]", true],
    ["[ip, id]", false],
  ])("%s: %s", (pattern, expected) => {
    expect(matches(pattern, message)).toBe(expected);
  });

  it("finds fields", () => {
    const fields = parseFilterPattern("[ip, ..., bytes]").match(message);
    expect(fields?.("$bytes")).toBe("2326");
    expect(fields?.("$ip")).toBe("10.0.0.1");
  });
});

describe("what is no pattern", () => {
  it.each([
    "{ $.a = }",
    "{ $.a = 1",
    "{ level = 1 }",
    '{ $.a > "x" }',
    "{ $.a IS 1 }",
    "{ $.a = 1 && }",
    "[a, b",
    '"open',
    "%(a+)+%",
    "%[%",
  ])("%s", (pattern) => {
    expect(() => parseFilterPattern(pattern)).toThrow(FilterPatternError);
  });
});
