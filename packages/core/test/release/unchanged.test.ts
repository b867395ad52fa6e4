// Protects releases of which only some targets have changed: nothing but that leaves a target out, and what waited for
// it waits for what it waited for.
import { describe, expect, it } from "vitest";
import { isUnchanged, parseRelease, withoutTargets } from "../../src/index.ts";
import type { PreflightFinding } from "../../src/index.ts";

const finding = (more: Partial<PreflightFinding>): PreflightFinding => {
  return { check: "a look", outcome: "ok", detail: "", hint: "", ...more };
};
const SAME = finding({ outcome: "problem", isUnchanged: true });

describe("a target has not changed", () => {
  it.each([
    ["when that is its only problem", [finding({}), SAME, finding({ outcome: "warning" })], true],
    ["but something else is wrong", [SAME, finding({ outcome: "problem" })], false],
    ["only if that was found", [finding({})], false],
    ["only if something was looked at", [], false],
  ])("%s", (_name, findings, expected) => {
    expect(isUnchanged(findings)).toBe(expected);
  });
});

function needsWithout(text: string, ...left: readonly string[]) {
  const targets = ["db", "api", "web"].map((name) => {
    const spec = {
      target: { lambda: { function: name, alias: "live" } },
      revision: { version: 2 },
    };
    return [name, { ...spec, analysis: "none", strategy: { allAtOnce: {} } }] as const;
  });
  const release = { targets: Object.fromEntries(targets), needs: JSON.parse(text) as unknown };
  const spec = parseRelease(JSON.stringify({ name: "shop", release }), "headgate.yaml").release;
  const { members } = withoutTargets(spec, new Set(left));
  return members.map(({ target, needs }) => [target, needs] as const);
}

describe("a release without some targets", () => {
  it("keeps what the others need", () => {
    expect(needsWithout("{}", "web")).toEqual([
      ["db", []],
      ["api", ["db"]],
    ]);
  });

  it("lets who needed one that is left out need what that one needed", () => {
    expect(needsWithout("{}", "api")).toEqual([
      ["db", []],
      ["web", ["db"]],
    ]);
    expect(needsWithout("{}", "db", "api")).toEqual([["web", []]]);
  });

  it("needs nobody twice", () => {
    const needs = '{ "api": ["db"], "web": ["db", "api"] }';
    expect(needsWithout(needs, "api")).toEqual([
      ["db", []],
      ["web", ["db"]],
    ]);
  });
});
