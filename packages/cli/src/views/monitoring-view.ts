import type { Change, LeftOut } from "@headgate/core";
import type { Style } from "../terminal/style.ts";

/** What was put, and what that changed: before → after. */
export function changeLines(what: string, change: Change | null, style: Style): string[] {
  if (change === null) return [what];
  switch (change.kind) {
    case "created":
      return [`${style.good("created")}    ${what}`];
    case "unchanged":
      return [`${style.dim("unchanged")}  ${what}`];
    case "changed":
      return [
        `${style.warn("changed")}    ${what}`,
        ...change.details.map((detail) => `             ${detail}`),
      ];
    default:
      return change satisfies never;
  }
}

export function leftOutLines(leftOut: readonly LeftOut[], style: Style): string[] {
  if (leftOut.length === 0) return [];
  return ["Left out:", ...leftOut.map(({ what, why }) => `  ${what} ${style.dim(`(${why})`)}`)];
}
