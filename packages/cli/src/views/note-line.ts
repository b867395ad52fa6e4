import type { Note } from "@headgate/core";
import type { Style } from "../terminal/style.ts";

/** "05:21:07  weight 10% read back": one line of progress, history or explanation. */
export function noteLine(note: Note, atMs: number, style: Style): string {
  const time = new Date(atMs).toISOString().slice(11, 19);
  return `${style.dim(time)}  ${colour(note, style)(note.text)}`;
}

/** The evidence of a decision, a line each, indented below it. */
export function evidenceLines({ evidence }: Note, style: Style): string[] {
  return Object.entries(evidence ?? {}).map(
    ([name, value]) =>
      `            ${style.dim(`${name}:`)} ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
}

function colour({ kind }: Note, style: Style): (text: string) => string {
  switch (kind) {
    case "promoted":
      return style.good;
    case "aborting":
    case "aborted":
    case "degraded":
      return style.bad;
    case "held":
    case "paused":
    case "trouble":
    case "refused":
      return style.warn;
    case "progress":
    case "resumed":
    case "observed":
      return (text) => text;
    default:
      return kind satisfies never;
  }
}
