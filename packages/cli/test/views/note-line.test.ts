// Protects what `why` shows of a decision of the comparison: every number with its meaning, none twice, none too long.
import type { Note } from "@headgate/core";
import { expect, it } from "vitest";

import { plainStyle } from "../../src/terminal/style.ts";
import { comparisonRows, type ComparisonView } from "../../src/views/comparison-view.ts";
import { evidenceLines } from "../../src/views/note-line.ts";

const EVIDENCE = {
  requests: { stable: 29, canary: 10 },
  errors: { stable: 0, canary: 5 },
  rollbackLogE: 5.468897520657427,
  rollbackThreshold: 4.605170185988092,
  parts: { errors: 5.468897520657427 },
  promotionWaitsFor: "errors",
  riskBound: 1,
  rateRatioAtLeast: 1.5,
};

function linesOf(evidence: Note["evidence"], shown?: Note["evidence"]): string[] {
  const note: Note = { kind: "observed", text: "comparison", ...(evidence ? { evidence } : {}) };
  return evidenceLines(note, plainStyle, shown).map((line) =>
    line.trim().replaceAll(/ {2,}/g, ": "),
  );
}

it("names the numbers of a decision and rounds them", () => {
  expect(linesOf(EVIDENCE)).toEqual([
    "requests: stable 29, canary 10",
    "errors: stable 0, canary 5",
    "worse? log E: 5.469",
    "turns back at: 4.605",
    "of which: errors 5.469",
    "proof waits for: errors",
    "known so far: nothing excluded yet",
    "fails at least: 1.5 times as often as stable",
  ]);
});

it("says of the next decision only what is new", () => {
  const next = { ...EVIDENCE, cause: "comparison", riskBound: 0.0973 };
  expect(linesOf(next, EVIDENCE)).toEqual([
    "known so far: more than 9.7% extra errors excluded",
    "cause: comparison",
    "the rest: as above",
  ]);
});

it("shows other evidence whole, whatever was shown before", () => {
  const alarm = { alarm: "errors", state: "alarm", since: [1, 2] };
  expect(linesOf(alarm, alarm)).toEqual(["alarm: errors", "state: alarm", "since: [1,2]"]);
});

it("draws no bar for evidence below nothing, and says who waived the proof", () => {
  const view: ComparisonView = {
    verdict: "inconclusive",
    sentence: "",
    requests: { stable: 90, canary: 10 },
    errors: { stable: 0, canary: 0 },
    rollback: { logE: -0.01, threshold: 4.6 },
    promotion: { logE: 1.5, threshold: 3, name: "errors" },
    riskBound: 0.2,
    rateRatioAtLeast: 0,
    parts: [],
    unreadable: null,
    waivedBy: "alice",
  };
  expect(comparisonRows(view, plainStyle)).toEqual([
    ["worse?", "[....................] log E 0.0 of 4.6"],
    [
      "no worse?",
      "[##########..........] log E 1.5 of 3.0  more than 20% extra errors excluded; not waited for, by alice",
    ],
  ]);
});
