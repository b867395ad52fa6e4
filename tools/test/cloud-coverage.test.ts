// Protects docs/cloud-coverage.md: it says what the sources say, and the sources are really read.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { currentPage, guessesOf, PAGE, pageOf, readGuesses } from "../cloud-coverage.ts";

it("the page is up to date; `npm run docs:coverage` writes it", async () => {
  expect(readFileSync(PAGE, "utf8")).toBe(await currentPage());
});

describe("guesses", () => {
  it("are the sentences that say so, in every kind of comment", () => {
    const source = [
      "/** Source: a page. Unverified: the first. More words. */",
      "const a = 1; // Unverified: the second.",
      "  // Words before. Unverified: the third, which",
      "  // goes on (AWS may differ).",
      "/**",
      " * Long text about",
      " * this. The order is Unverified.",
      " */",
      'const text = "no comment";',
      "// Unverified: the text.",
      'throw badRequest("Name", "Invalid name specified");',
    ].join("\n");
    expect(guessesOf(source)).toEqual([
      "Unverified: the first.",
      "Unverified: the second.",
      "Unverified: the third, which goes on (AWS may differ).",
      "The order is Unverified.",
      'Unverified: the text. "Invalid name specified"',
    ]);
  });

  it("are found in the sources, as many as a plain search finds", () => {
    const guesses = readGuesses();
    expect(guesses.length).toBeGreaterThan(50);
    expect(guesses.map(({ file }) => file)).toContain("wire/signature/refusals.ts");
  });

  it("that a file repeats are one line with their count", () => {
    const guess = { file: "a.ts", sentence: "Unverified: the text." };
    expect(pageOf([], [guess, guess])).toContain("- `a.ts`: Unverified: the text. (2 times)\n");
  });
});
