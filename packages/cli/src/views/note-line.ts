import type { Note } from "@headgate/core";
import type { Style } from "../terminal/style.ts";
import { alignColumns } from "../terminal/table.ts";

/** "05:21:07  weight 10% read back": one line of progress, history or explanation. */
export function noteLine(note: Note, atMs: number, style: Style): string {
  const time = new Date(atMs).toISOString().slice(11, 19);
  return `${style.dim(time)}  ${colour(note, style)(note.text)}`;
}

/** What to do about a failure, below its line; none when the note has no advice. */
export function hintLines({ evidence }: Note, style: Style): string[] {
  const hint = evidence?.["hint"];
  return typeof hint === "string" && hint !== "" ? [`          ${style.dim("do:")} ${hint}`] : [];
}

/** The evidence of a decision, a line each, indented below it. */
export function evidenceLines({ evidence }: Note, style: Style): string[] {
  const given = Object.entries(evidence ?? {}).filter(([, value]) => value !== "");
  const rows = given.map(([name, value]) => [
    `          ${style.dim(name)}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return alignColumns(rows);
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
