// Protects the redraw: a line that is too long for the terminal must be cut by what is seen, not by its bytes.
import { expect, it } from "vitest";
import { fitLine } from "../../src/terminal/fit.ts";

it.each([
  ["short", 10, "short"],
  ["exactly ten", 11, "exactly ten"],
  ["longer than ten", 10, "longer th…"],
  ["x", 1, "x"],
  ["xy", 1, "…"],
])("%j in %i columns", (text, columns, fitted) => {
  expect(fitLine(text, columns)).toBe(fitted);
});

it("counts no colour, and ends it where it cuts", () => {
  const red = "\u001B[31mfailing\u001B[39m";
  expect(fitLine(red, 7)).toBe(red);
  expect(fitLine(`${red} and more`, 8)).toBe("\u001B[31mfailing\u001B[39m…\u001B[0m");
  expect(fitLine(red, 4)).toBe("\u001B[31mfai…\u001B[0m");
});
