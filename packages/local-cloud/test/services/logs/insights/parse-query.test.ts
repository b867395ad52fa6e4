import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AwsError } from "../../../../src/aws-error.ts";
import { parseQuery } from "../../../../src/services/logs/insights/parse-query.ts";
import { discoverFields, EventRow } from "../../../../src/services/logs/insights/row.ts";
import { parseFilterPattern } from "../../../../src/telemetry/filter-pattern.ts";
import { FilterPatternError } from "../../../../src/telemetry/filter-regex.ts";

// Protects the parsers from what people send: any text is read or refused in AWS's words, and what
// was read runs on any line. Nothing else is thrown.

const WORDS = [
  ..."| , ( ) [ ] = < > + - * / % ^".split(" "),
  "!=",
  "<=",
  "=~",
  ..."fields filter stats sort parse display dedup limit by as and or not in like asc desc".split(
    " ",
  ),
  ..."count sum avg pct bin strlen concat coalesce @timestamp @message ms user.id `a-b`".split(" "),
  '"text"',
  "'x'",
  "/re(ge)x/",
  "5m",
  "10",
  "2.5",
  '"a=*, b=*"',
];
/** Expressions and commands that are sound, so that running them is tried too. */
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom("ms", "@timestamp", "@message", "`a-b`", "10", "2.5", "5m", "'x'", "a.b.0"),
    fc
      .tuple(
        tie("expression"),
        fc.constantFrom(..."+ - * / % ^ = != < >= and or".split(" ")),
        tie("expression"),
      )
      .map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
    fc
      .tuple(
        fc.constantFrom("abs", "strlen", "bin", "coalesce", "isempty", "toupper"),
        tie("expression"),
      )
      .map(([name, operand]) => `${name}(${operand})`),
    tie("expression").map((operand) => `not (${operand} like /a/)`),
    tie("expression").map((operand) => `(${operand}) in ["x", 10]`),
  ),
}));
const command = fc.oneof(
  expression.map((text) => `filter ${text}`),
  expression.map((text) => `fields ${text} as computed, ms`),
  expression.map((text) => `sort ${text} desc, ms`),
  expression.map((text) => `stats count(${text}), sum(ms) / count(*) as mean by ${text}`),
  fc.constantFrom("limit 3", "dedup ms", 'parse @message "a=*,*" as a, b', "display ms"),
);
const soundQuery = fc
  .array(command, { minLength: 1, maxLength: 4 })
  .map((commands) => commands.join(" | "));
const anyQuery = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.array(fc.constantFrom(...WORDS), { maxLength: 25 }).map((words) => words.join(" ")),
  soundQuery,
);
const anyLine = fc.oneof(
  fc.string(),
  fc.json(),
  fc.constant("REPORT RequestId: a\tDuration: x ms"),
);

function runOn(query: string, message: string): void {
  const { stages } = parseQuery(query);
  const event = { id: 1, stream: "s", atMs: 0, ingestedAtMs: 0, message };
  const last = stages.length;
  const push = (index: number, row: Parameters<(typeof stages)[number]["push"]>[0]): void => {
    if (index < last) stages[index]?.push(row, (next) => push(index + 1, next));
  };
  push(0, new EventRow(event, "0:g"));
  stages.forEach((stage, index) => stage.end?.((row) => push(index + 1, row)));
}

function thrownBy(run: () => void): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

function isMalformed(error: unknown): boolean {
  return error instanceof AwsError && error.code === "MalformedQueryException";
}

describe("any query", () => {
  it("runs or is malformed", () => {
    let ran = 0;
    fc.assert(
      fc.property(anyQuery, anyLine, (query, line) => {
        const thrown = thrownBy(() => runOn(query, line));
        if (thrown === undefined) ran++;
        return thrown === undefined || isMalformed(thrown);
      }),
      { numRuns: 3000 },
    );
    expect(ran).toBeGreaterThan(500);
  });

  it.each([
    ["parentheses", `filter ${"(".repeat(9000)}`],
    ["signs", `filter ${"- ".repeat(4500)}1`],
    ["powers", `filter ${"2^".repeat(4500)}1`],
    ["calls", `filter ${"abs(".repeat(2000)}1${")".repeat(2000)}`],
  ])("is refused when %s are nested too deep", (_what, query) => {
    expect(() => runOn(query, "x")).toThrow(/^unexpected symbol found/);
  });

  it.each([
    ["negations", `filter ${"not ".repeat(2000)}1`],
    ["sums", `filter ${"1+".repeat(4500)}1 = 4501`],
  ])("may have many %s", (_what, query) => {
    expect(() => runOn(query, "x")).not.toThrow();
  });
});

describe("any line", () => {
  it("has its fields discovered", () => {
    const deep = `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`;
    expect(discoverFields(deep).size).toBe(0);
    expect(discoverFields('{"__proto__": {"x": 1}, "b": [true]}')).toEqual(
      new Map([
        ["__proto__.x", 1],
        ["b.0", 1],
      ]),
    );
  });
});

describe("any filter pattern", () => {
  const words = [
    "{",
    "}",
    "$.a",
    "=",
    "!=",
    ">",
    "&&",
    "||",
    "(",
    ")",
    '"x"',
    "%r%",
    "IS",
    "NULL",
    "NOT",
    "EXISTS",
    "[",
    "]",
    ",",
    "...",
    "a",
    "-b",
    "?c",
    "*",
    "3",
  ];
  const anyPattern = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.array(fc.constantFrom(...words), { maxLength: 15 }).map((parts) => parts.join(" ")),
    fc.array(fc.constantFrom(...words), { maxLength: 15 }).map((parts) => `{ ${parts.join(" ")} }`),
  );
  it("matches, does not match, or is no pattern", () => {
    let read = 0;
    fc.assert(
      fc.property(anyPattern, anyLine, (pattern, line) => {
        const thrown = thrownBy(() => parseFilterPattern(pattern).match(line));
        if (thrown === undefined) read++;
        return thrown === undefined || thrown instanceof FilterPatternError;
      }),
      { numRuns: 3000 },
    );
    expect(read).toBeGreaterThan(10);
  });

  it("may be nested as deep as its length allows", () => {
    const nested = `{ ${"(".repeat(500)}$.a = 1${")".repeat(500)} }`;
    expect(parseFilterPattern(nested).match('{"a":1}')).toBeDefined();
  });
});
