// The tables that the benchmark prints, from the results of its cells.
import { printTable } from "../measure.ts";
import { floorFailed, upperShare, waldFailed } from "./bounds.ts";
import { idOf, isSame } from "./cell.ts";
import type { Cell, CellResult } from "./cell.ts";
import { BAD, LATENCIES, OURS, OUTAGES, PEERS, RATES, STABLE, VARIANTS } from "./cells.ts";

/** Results by what was asked: `p1` is p0, the rule Headgate and the error rate 0.1 % where nothing else is said. */
export type Find = (
  asked: Partial<Cell> & Pick<Cell, "requestsPerSecond">,
) => CellResult | undefined;

export function finder(results: readonly CellResult[]): Find {
  const byId = new Map(results.map((result) => [idOf(result.cell), result]));
  return (asked) => {
    const p0 = asked.p0 ?? 0.001;
    const usual = {
      rule: "Headgate",
      schedule: "linear",
      feed: "10 s",
      p0,
      p1: p0,
      runs: 0,
    } as const;
    return byId.get(idOf({ ...usual, ...asked }));
  };
}

type Where = Pick<Cell, "rule" | "schedule" | "feed">;

const ROWS: readonly Where[] = [
  ...OURS.map(([schedule, feed]) => ({ rule: "Headgate", schedule, feed }) as const),
  ...PEERS.map((rule) => ({ rule, schedule: "linear", feed: "60 s" }) as const),
];

const nameOf = ({ rule, schedule, feed }: Where) =>
  rule === "Headgate" ? `Headgate ${schedule}, ${feed} feed` : rule;

export function printAll(find: Find): void {
  printSame(find);
  for (const p0 of STABLE) for (const rate of RATES) printBad(find, rate, p0);
  printRatios(find);
  printPromotion(find);
  printOutages(find);
  printLatency(find);
  printRest(find);
  printAblation(find);
}

function printSame(find: Find): void {
  const columns = STABLE.flatMap((p0) =>
    RATES.map((requestsPerSecond) => ({ p0, requestsPerSecond })),
  );
  const body = ROWS.map((where) => [
    nameOf(where),
    ...columns.map((column) => shareText(find({ ...where, ...column }))),
  ]);
  const heads = columns.map(({ p0, requestsPerSecond }) => `${requestsPerSecond}/s, ${100 * p0}%`);
  printTable("False rollbacks of a good canary, % (97.5% upper bound)", [["", ...heads], ...body]);
}

function printBad(find: Find, requestsPerSecond: number, p0: number): void {
  const bound = BAD.map((p1) => figure(waldFailed({ p0, p1 })));
  const body = ROWS.map((where) => {
    const good = find({ ...where, requestsPerSecond, p0 });
    const mark = good !== undefined && good.aborted > 0.05 * good.cell.runs ? " !" : "";
    return [
      nameOf(where) + mark,
      ...BAD.map((p1) => badText(find({ ...where, requestsPerSecond, p0, p1 }))),
    ];
  });
  const title = `${requestsPerSecond} requests/s, stable fails ${100 * p0}%: detected, median / p95 failed requests, median seconds (!: more than 5% false rollbacks)`;
  printTable(title, [
    ["the canary fails", ...BAD.map((p1) => `${100 * p1}%`)],
    ["Wald's bound", ...bound],
    ...body,
  ]);
}

function printRatios(find: Find): void {
  const columns = [10, 100, 1000].flatMap((requestsPerSecond) =>
    [0.05, 0.3, 1].map((p1) => ({ requestsPerSecond, p1 })),
  );
  const heads = columns.map(({ requestsPerSecond, p1 }) => `${requestsPerSecond}/s, ${100 * p1}%`);
  const body = ROWS.map((where) => [
    nameOf(where),
    ...columns.map((column) => {
      const result = find({ ...where, ...column });
      if (result === undefined) return "";
      const { cell, medianFailed } = result;
      return `${figure(medianFailed / waldFailed(cell))} (${figure(medianFailed / floorFailed(cell))})`;
    }),
  ]);
  printTable(
    "Median failed requests over Wald's bound (over the floor of the feed and schedule), stable fails 0.1%",
    [["", ...heads], ...body],
  );
}

function printPromotion(find: Find): void {
  const body = OURS.filter(([schedule]) => schedule === "budget").flatMap(([schedule, feed]) =>
    STABLE.map((p0) => {
      const cells = RATES.map((requestsPerSecond) => {
        const result = find({ schedule, feed, p0, requestsPerSecond });
        if (result === undefined) return "";
        const share = (100 * result.promoted) / result.cell.runs;
        return `${seconds(result.medianPromoteSeconds)}, ${share.toFixed(0)}%`;
      });
      return [`${feed} feed, ${100 * p0}%`].concat(cells);
    }),
  );
  printTable("A good canary under the budget: median until promoted, promoted in 25 minutes", [
    ["", ...RATES.map((rate) => `${rate}/s`)],
    ...body,
  ]);
}

function printOutages(find: Find): void {
  const columns = [10, 100, 1000].flatMap((requestsPerSecond) =>
    OUTAGES.map((world) => ({ requestsPerSecond, world })),
  );
  const heads = columns.map(({ requestsPerSecond, world }) => `${world} ${requestsPerSecond}/s`);
  const body = ROWS.flatMap((where) => {
    const cells = columns.map((column) => find({ ...where, ...column }));
    return cells.every((cell) => cell === undefined)
      ? []
      : [[nameOf(where), ...cells.map(plainShare)]];
  });
  printTable("False rollbacks in outages of both versions, %", [["", ...heads], ...body]);
}

function printLatency(find: Find): void {
  const body = [10, 100, 1000].flatMap((requestsPerSecond) =>
    LATENCIES.map((latency) => {
      const result = find({ requestsPerSecond, latency });
      const shared = find({ requestsPerSecond, latency, world: "slow" });
      if (result === undefined) return [];
      const { medianSlow, p95Slow, medianAbortSeconds } = result;
      const slow = latency === "same" ? "" : `${figure(medianSlow)} / ${figure(p95Slow)}`;
      return [
        `${requestsPerSecond}/s, ${latency}`,
        plainShare(result),
        slow,
        latency === "same" ? "" : seconds(medianAbortSeconds),
        latency === "same" ? plainShare(shared) : "",
      ];
    }),
  );
  printTable("Latency: linear, 10 s feed", [
    [
      "the canary",
      "turned back, %",
      "median / p95 slow requests",
      "median",
      "x3 for both in one minute, %",
    ],
    ...body.filter((row) => row.length > 0),
  ]);
}

function printRest(find: Find): void {
  const sticky = [10, 100].flatMap((requestsPerSecond) =>
    ([2, 4] as const).map((attempts) => {
      const cells = (["shipped", `retries ${attempts}`] as const).map((variant) =>
        plainShare(find({ requestsPerSecond, p0: 0.01, attempts, variant })),
      );
      return [`${requestsPerSecond}/s, ${attempts} attempts`].concat(cells);
    }),
  );
  printTable("Retries that stay on one version, good canary: false rollbacks, %", [
    ["", "not told", "told by analysis.retries"],
    ...sticky,
  ]);
  const late = [10, 100, 1000].flatMap((requestsPerSecond) =>
    (["shipped", "no late onset"] as const).map((variant) => [
      `${requestsPerSecond}/s, ${variant}`,
      badText(find({ requestsPerSecond, p1: 0.1, onsetMs: 240_000, variant })),
      badText(find({ requestsPerSecond, p1: 0.1, variant })),
    ]),
  );
  printTable(
    "Bad from the fifth minute on, or from the start; the canary fails 10%, linear, 10 s feed",
    [["", "from 240 s", "from the start"], ...late],
  );
}

function printAblation(find: Find): void {
  const rates = [10, 100, 1000];
  const rows = [...VARIANTS.map((variant) => ({ variant })), { latency: "same" } as const];
  const body = rows.map((how) => {
    const cells = rates.flatMap((requestsPerSecond) => {
      const where = { schedule: "budget", feed: "1 s", requestsPerSecond, ...how } as const;
      const good = find(where);
      return [
        badText(find({ ...where, p1: 0.3 })),
        badText(find({ ...where, p1: 1 })),
        good === undefined ? "" : seconds(good.medianPromoteSeconds),
      ];
    });
    return ["latency" in how ? "latency counted" : how.variant].concat(cells);
  });
  const heads = rates.flatMap((rate) => [`${rate}/s, 30%`, "100%", "good"]);
  printTable("What each part costs: budget, 1 s feed, stable fails 0.1%", [
    ["", ...heads],
    ...body,
  ]);
}

function shareText(result: CellResult | undefined): string {
  if (result === undefined) return "";
  const { aborted, cell } = result;
  return `${plainShare(result)} (${figure(100 * upperShare(aborted, cell.runs))})`;
}

function plainShare(result: CellResult | undefined): string {
  return result === undefined ? "" : figure((100 * result.aborted) / result.cell.runs);
}

function badText(result: CellResult | undefined): string {
  if (result === undefined || isSame(result.cell)) return "";
  const { aborted, cell, medianFailed, p95Failed, medianAbortSeconds } = result;
  const share = `${((100 * aborted) / cell.runs).toFixed(0)}%`;
  return `${share}, ${medianFailed} / ${p95Failed}, ${seconds(medianAbortSeconds)}`;
}

function seconds(value: number): string {
  return Number.isFinite(value) ? `${Math.round(value)} s` : "-";
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(2)));
}
