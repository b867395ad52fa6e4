// Protects how users' patterns with wildcards match, and that none of them can hold the cloud up.
import { describe, expect, it } from "vitest";
import { matchesWildcard } from "../src/wildcard.ts";

describe("matchesWildcard", () => {
  it.each([
    ["", "", true],
    ["", "a", false],
    ["*", "", true],
    ["*", "any\ntext", true],
    ["orders", "orders", true],
    ["orders", "orders2", false],
    ["ord*", "orders", true],
    ["*ers", "orders", true],
    ["*ers", "orders!", false],
    ["o*d*s", "orders", true],
    ["o*d*x", "orders", false],
    ["*aab", "aaaab", true],
    ["a**b", "ab", true],
    ["a.c", "abc", false],
    ["[a-z]+", "abc", false],
    ["a?c", "abc", false],
  ])("%j against %j is %s", (pattern, text, expected) => {
    expect(matchesWildcard(pattern, text)).toBe(expected);
  });

  it.each([
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["?*", "", false],
    ["?*?", "ab", true],
  ])("%j against %j is %s with one character for ?", (pattern, text, expected) => {
    expect(matchesWildcard(pattern, text, { oneCharacter: true })).toBe(expected);
  });

  it("takes no longer than both lengths allow", () => {
    // As a regular expression, "^.*a.*a ... b$", this one would not end in a lifetime.
    expect(matchesWildcard(`${"*a".repeat(30)}*b`, "a".repeat(10_000))).toBe(false);
  });
});
