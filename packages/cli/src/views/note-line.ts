import type { Note } from "@headgate/core";
import type { Style } from "../terminal/style.ts";
import { alignColumns } from "../terminal/table.ts";
import { excludedText } from "./comparison-view.ts";

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

/**
 * The evidence of a decision, a line each, indented below it.
 * @param shown what the decision before it rested on: what it has said already is not said again.
 */
export function evidenceLines(
  { evidence }: Note,
  style: Style,
  shown?: Note["evidence"],
): string[] {
  const given = Object.entries(evidence ?? {}).filter(([, value]) => value !== "");
  const isNew = ([name, value]: Given) => JSON.stringify(value) !== JSON.stringify(shown?.[name]);
  const fresh = isOfComparison(shown) ? given.filter(isNew) : given;
  const rows = fresh.map(([name, value]) => [LABELS[name] ?? name, textOf(name, value)]);
  if (fresh.length < given.length) rows.push(["the rest", "as above"]);
  return alignColumns(rows.map(([name = "", text = ""]) => [`          ${style.dim(name)}`, text]));
}

type Evidence = NonNullable<Note["evidence"]>;
type Given = [string, Evidence[string]];

function isOfComparison(evidence: Note["evidence"]): boolean {
  return evidence?.["rollbackLogE"] !== undefined;
}

/** What the comparison's numbers are called where people read them; `--json` has their names. */
const LABELS: Readonly<Record<string, string>> = {
  buckets: "stretches counted",
  rollbackLogE: "worse? log E",
  rollbackThreshold: "  turns back at",
  parts: "  of which",
  promotionLogE: "no worse? log E",
  promotionThreshold: "  promotes at",
  promotionWaitsFor: "  proof waits for",
  riskBound: "known so far",
  leastRiskBound: "  least bound yet",
  rateRatioAtLeast: "fails at least",
  requestCountLogE: "missing? log E",
  requestsPerSecond: "requests a second",
  weightBefore: "weight before",
};

function textOf(name: string, value: Evidence[string]): string {
  if (typeof value === "number") {
    if (name === "riskBound" || name === "leastRiskBound") return excludedText(value);
    if (name === "rateRatioAtLeast" && value === 0) return "not known";
    if (name === "rateRatioAtLeast") return `${shortNumber(value)} times as often as stable`;
    return shortNumber(value);
  }
  if (typeof value === "string") return value;
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    return JSON.stringify(value);
  }
  const parts = Object.entries(value);
  if (!parts.every(([, part]) => typeof part === "number")) return JSON.stringify(value);
  return parts.map(([part, number]) => `${part} ${shortNumber(Number(number))}`).join(", ");
}

/** Four digits are as many as anybody compares; whole numbers stay whole. */
function shortNumber(value: number): string {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(4)));
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
