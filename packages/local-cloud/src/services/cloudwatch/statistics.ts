import type { Samples, Weighted } from "../../telemetry/metric-distribution.ts";

/** The part of the samples that a trimmed statistic looks at. */
export type Range =
  /** Ranks in percent of all samples. */
  | { readonly by: "percent"; readonly from: number; readonly to: number }
  /** Values above `from`, up to and with `to`. */
  | { readonly by: "value"; readonly from: number; readonly to: number };

/** A statistic, parsed. */
export type Statistic =
  | { readonly kind: "SampleCount" | "Average" | "Sum" | "Minimum" | "Maximum" }
  | { readonly kind: "percentile"; readonly percent: number }
  | {
      readonly kind:
        | "trimmedMean"
        | "winsorizedMean"
        | "trimmedCount"
        | "trimmedSum"
        | "percentileRank";
      readonly range: Range;
    };

const SIMPLE = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"] as const;

const TRIMMED = {
  tm: "trimmedMean",
  wm: "winsorizedMean",
  tc: "trimmedCount",
  ts: "trimmedSum",
  pr: "percentileRank",
} as const;

const NUMBER = String.raw`\d+(?:\.\d{0,10})?(?:[Ee][+-]?\d+)?`;
const SHORT = /^(p|tm|wm|tc|ts)(\d{1,2}(?:\.\d{0,10})?|100(?:\.\d{0,10})?)$/;
const LONG = new RegExp(`^(TM|WM|TC|TS|PR)\\((${NUMBER}%?)?:(${NUMBER}%?)?\\)$`);

/**
 * Reads "Sum", "p99.9", "tm90", "IQM", "TM(10%:90%)", "PR(:0.3)", ...; undefined when it is none.
 * Source: AWS docs, "CloudWatch statistics definitions"; pattern from the monitoring 2010-08-01 model.
 */
export function parseStatistic(text: string): Statistic | undefined {
  const simple = SIMPLE.find((name) => name === text);
  if (simple !== undefined) return { kind: simple };
  if (text === "IQM") return { kind: "trimmedMean", range: { by: "percent", from: 25, to: 75 } };
  const short = SHORT.exec(text);
  if (short !== null) return shortForm(short[1] ?? "", Number(short[2]));
  const long = LONG.exec(text);
  return long === null ? undefined : longForm(long[1] ?? "", long[2], long[3]);
}

function shortForm(name: string, percent: number): Statistic | undefined {
  if (name === "p") return { kind: "percentile", percent };
  const kind = TRIMMED[name as keyof typeof TRIMMED];
  return { kind, range: { by: "percent", from: 0, to: percent } };
}

function longForm(name: string, from?: string, to?: string): Statistic | undefined {
  const bounds = [from, to].filter((bound) => bound !== undefined);
  const percents = bounds.filter((bound) => bound.endsWith("%"));
  if (bounds.length === 0 || (percents.length > 0 && percents.length < bounds.length)) {
    return undefined;
  }
  const by = percents.length > 0 ? "percent" : "value";
  if (name === "PR" && by === "percent") return undefined;
  const low = from === undefined ? (by === "percent" ? 0 : -Infinity) : Number.parseFloat(from);
  const high = to === undefined ? (by === "percent" ? 100 : Infinity) : Number.parseFloat(to);
  if (low >= high || (by === "percent" && high > 100)) return undefined;
  const kind = TRIMMED[name.toLowerCase() as keyof typeof TRIMMED];
  return { kind, range: { by, from: low, to: high } };
}

/** The statistic of one period, undefined when the samples do not say (see {@link Samples}). */
export function statisticOf(statistic: Statistic, samples: Samples): number | undefined {
  switch (statistic.kind) {
    case "SampleCount":
      return samples.count;
    case "Sum":
      return samples.sum;
    case "Average":
      return samples.sum / samples.count;
    case "Minimum":
      return samples.min;
    case "Maximum":
      return samples.max;
    default: {
      const weighted = samples.weighted();
      if (weighted === undefined) return undefined;
      // The extremes are exact even where the values are binned.
      if (statistic.kind === "percentile" && statistic.percent >= 100) return samples.max;
      return ofValues(statistic, weighted, samples.count);
    }
  }
}

type ValueStatistic = Exclude<Statistic, { kind: (typeof SIMPLE)[number] }>;

function ofValues(
  statistic: ValueStatistic,
  weighted: readonly Weighted[],
  count: number,
): number | undefined {
  if (statistic.kind === "percentile") return percentile(weighted, count, statistic.percent);
  const { range } = statistic;
  const kept = inRange(weighted, count, range);
  const keptCount = kept.reduce((total, [, weight]) => total + weight, 0);
  const keptSum = kept.reduce((total, [value, weight]) => total + value * weight, 0);
  switch (statistic.kind) {
    case "trimmedCount":
      return keptCount;
    case "trimmedSum":
      return keptSum;
    case "percentileRank":
      return (100 * keptCount) / count;
    case "trimmedMean":
      return keptCount === 0 ? undefined : keptSum / keptCount;
    case "winsorizedMean": {
      const low = kept.at(0)?.[0];
      const high = kept.at(-1)?.[0];
      if (low === undefined || high === undefined) return undefined;
      const sum = weighted.reduce(
        (total, [value, weight]) => total + Math.min(high, Math.max(low, value)) * weight,
        0,
      );
      return sum / count;
    }
  }
}

/** The smallest value that at least `percent` of the samples do not exceed. */
function percentile(
  weighted: readonly Weighted[],
  count: number,
  percent: number,
): number | undefined {
  // Rounding must not push an exact rank, such as 0.29 * 100, one sample further.
  const rank = (percent * count) / 100 - count * 1e-12;
  let seen = 0;
  for (const [value, weight] of weighted) {
    seen += weight;
    if (seen >= rank) return value;
  }
  return weighted.at(-1)?.[0];
}

/** What a range keeps. Percent bounds cut through equal values: a part of their count stays. */
function inRange(weighted: readonly Weighted[], count: number, range: Range): Weighted[] {
  if (range.by === "value") {
    return weighted.filter(([value]) => value > range.from && value <= range.to);
  }
  const fromRank = (range.from * count) / 100;
  const toRank = (range.to * count) / 100;
  const kept: Weighted[] = [];
  let seen = 0;
  for (const [value, weight] of weighted) {
    const inside = Math.min(seen + weight, toRank) - Math.max(seen, fromRank);
    if (inside > 0) kept.push([value, inside]);
    seen += weight;
  }
  return kept;
}
