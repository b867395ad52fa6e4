// Protects lists: every item is given once, also while others come and go.
import { expect, it } from "vitest";
import { pageOf } from "../../src/services/paging.ts";

const badToken = () => new Error("bad token");
const keyOf = (item: string) => item;

function allPages(items: () => readonly string[], limit: number): string[][] {
  const pages: string[][] = [];
  let token: string | undefined;
  do {
    const page = pageOf(items(), { keyOf, token, limit, badToken });
    pages.push(page.items);
    token = page.nextToken;
  } while (token !== undefined);
  return pages;
}

it("gives every item once and ends without a token", () => {
  expect(allPages(() => ["a", "b", "c", "d", "e"], 2)).toEqual([["a", "b"], ["c", "d"], ["e"]]);
  expect(allPages(() => ["a", "b"], 2)).toEqual([["a", "b"]]);
  expect(allPages(() => [], 2)).toEqual([[]]);
});

it("goes on after an item that was deleted in between", () => {
  const first = pageOf(["a", "b", "c"], { keyOf, token: undefined, limit: 2, badToken });
  const second = pageOf(["a", "c", "d"], { keyOf, token: first.nextToken, limit: 5, badToken });
  expect(second.items).toEqual(["c", "d"]);
});

it("refuses a token that is not its own", () => {
  expect(() => pageOf(["a"], { keyOf, token: "nonsense", limit: 1, badToken })).toThrow(
    "bad token",
  );
});
