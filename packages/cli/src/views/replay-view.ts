import {
  type LogEvidence,
  PEER_RULES,
  type PeerCounts,
  type PeerRuleName,
  type PeerVerdict,
  type ReplayEvidence,
  type ReplayPoint,
  replaySentence,
  type ReplaySettings,
} from "@headgate/core";
import { formatElapsed } from "../elapsed.ts";
import type { RecordedRun } from "../recording/read-recording.ts";
import type { Style } from "../terminal/style.ts";
import { alignColumns } from "../terminal/table.ts";
import { evidenceBar } from "./comparison-view.ts";

/** What `replay` found: plain data, the same for people and for `--json`. Evidence in natural logarithms. */
export interface ReplayView {
  /** "-" for standard input. */
  readonly file: string;
  readonly settings: ReplaySettings;
  /** In the order in which they begin in the file. */
  readonly runs: readonly RunView[];
}

export interface RunView {
  readonly run: string;
  readonly verdict: ReplayEvidence["verdict"];
  /** The bucket that decided, or the last one. */
  readonly atMs: number;
  /** From the run's beginning: its first bucket is taken to be as long as the second, up to a minute. */
  readonly afterMs: number;
  /** Counted up to that bucket: how many, and how many of them had requests of both versions. */
  readonly buckets: number;
  readonly compared: number;
  readonly stable: PeerCounts;
  readonly canary: PeerCounts;
  readonly rollback: LogEvidence;
  readonly promotion: LogEvidence;
  /** Extra errors above this share are excluded; 1 when nothing is known. */
  readonly riskBound: number;
  /** For information; null without histograms of both versions. */
  readonly latency: LogEvidence | null;
  readonly sentence: string;
  /** With `--rules`. */
  readonly rules?: Partial<Readonly<Record<PeerRuleName, PeerVerdict>>>;
  /** With `--trace`: after every bucket of the run, also after the decision. */
  readonly trace?: readonly ReplayPoint[];
}

export function runView(
  { replay, lines, trace }: RecordedRun,
  settings: ReplaySettings,
  asked: { readonly rules: readonly PeerRuleName[]; readonly trace: boolean },
): RunView {
  const evidence = replay.decided ?? replay.latest;
  const { verdict, atMs, buckets, compared, stable, canary, riskBound, latencyLogE } = evidence;
  const toTurnBack = Math.log(1 / settings.alpha);
  const judged = asked.rules.map((name) => [name, PEER_RULES[name].judge(lines)] as const);
  return {
    run: replay.run,
    verdict,
    atMs,
    afterMs: atMs - replay.startMs,
    buckets,
    compared,
    stable,
    canary,
    rollback: { logE: evidence.rollbackLogE, threshold: toTurnBack },
    promotion: { logE: evidence.promoteLogE, threshold: Math.log(1 / settings.beta) },
    riskBound,
    latency: latencyLogE === null ? null : { logE: latencyLogE, threshold: toTurnBack },
    sentence: replaySentence(evidence, settings),
    ...(asked.rules.length === 0 ? {} : { rules: Object.fromEntries(judged) }),
    ...(asked.trace ? { trace } : {}),
  };
}

export function renderReplay({ runs }: ReplayView, style: Style): string[] {
  return runs.flatMap((view, index) => [...(index === 0 ? [] : [""]), ...renderRun(view, style)]);
}

function renderRun(view: RunView, style: Style): string[] {
  const { rollback, promotion, latency, rules = {}, trace } = view;
  const startMs = view.atMs - view.afterMs;
  const decides = verdictText(view, startMs, style);
  const rows = [
    ["  worse?", evidenceBar(rollback, view.verdict === "abort" ? style.bad : style.warn)],
    ["  no worse?", evidenceBar(promotion, style.good)],
    ...(latency === null
      ? []
      : [["  slower?", `${evidenceBar(latency, style.warn)}  decides nothing here`]]),
  ];
  const others = Object.entries(rules).map(([name, verdict]) => [
    style.dim(`  ${name}`),
    verdictText(verdict, startMs, style),
    verdict.why,
  ]);
  return [
    `${style.bold(view.run)}  ${decides}, ${view.compared} of ${view.buckets} buckets compared`,
    `  ${view.sentence}`,
    ...alignColumns(rows.map(([head = "", bar = ""]) => [style.dim(head), bar])),
    ...alignColumns(others),
    ...(trace === undefined ? [] : traceLines(trace, startMs, style)),
  ];
}

/** "abort after 40s": counted from the run's beginning. */
function verdictText(
  { verdict, atMs }: Pick<PeerVerdict, "verdict" | "atMs">,
  startMs: number,
  style: Style,
): string {
  const paint = { abort: style.bad, promote: style.good, inconclusive: style.warn }[verdict];
  const after = formatElapsed(Math.max(0, atMs - startMs));
  return `${paint(verdict)} after ${after}`;
}

function traceLines(trace: readonly ReplayPoint[], startMs: number, style: Style): string[] {
  const heads = ["  after", "worse", "no worse", "risk bound"].map((head) => style.dim(head));
  const rows = trace.map(({ atMs, rollbackLogE, promoteLogE, riskBound }) => [
    `  ${formatElapsed(atMs - startMs)}`,
    rollbackLogE.toFixed(3),
    promoteLogE.toFixed(3),
    riskBound.toFixed(4),
  ]);
  return alignColumns([heads, ...rows]);
}
