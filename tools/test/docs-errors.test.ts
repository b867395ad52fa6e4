// Protects docs/errors.md: it says what the tables of errors say now, and nothing else.
import { ERRORS } from "../../packages/core/src/errors.ts";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ERROR_REFERENCE_FILE, errorReference } from "../error-reference.ts";

const page = readFileSync(ERROR_REFERENCE_FILE, "utf8");

it("is what `npm run docs:errors` writes now", () => {
  expect(page).toBe(errorReference());
});

it("has a row with the exit code, and a section, for every code", () => {
  const codes = Object.entries(ERRORS);
  expect(codes.length).toBeGreaterThan(20);
  for (const [code, { exitCode }] of codes) {
    expect(page).toMatch(
      new RegExp(`^\\| \\[${code}\\]\\(#${code.toLowerCase()}\\) .*\\| ${exitCode} \\|`, "m"),
    );
    expect(page).toMatch(new RegExp(`^### ${code}\\n\\n[A-Z].*\\.$`, "m"));
  }
});

it("has a hint of the drivers for every kind of failure of AWS", () => {
  const rows = page.split("## What AWS said")[1]?.match(/^\| (?!AWS|-).*\|$/gm) ?? [];
  expect(rows).toHaveLength(9);
  for (const row of rows) expect(row).toMatch(/\| \[[A-Z_]+\]\(#[a-z_]+\) \| \S.+\. \|$/);
});
