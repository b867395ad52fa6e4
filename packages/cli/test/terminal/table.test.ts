// Protects alignment: colour codes have no width.
import { expect, it } from "vitest";
import { alignColumns, visibleWidth } from "../../src/terminal/table.ts";

it("pads to the widest visible cell", () => {
  const green = "\u001B[32mok\u001B[39m";
  expect(visibleWidth(green)).toBe(2);
  expect(
    alignColumns([
      ["a", "b"],
      [green, "c"],
      ["long", ""],
    ]),
  ).toEqual(["a     b", `${green}    c`, "long"]);
});
