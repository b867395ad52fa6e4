// The goals, each a mark that is never moved. A mark that lies below what the feed and the rollback's own time allow is
// "floor" when we are within a quarter of that floor: no rule can meet it, and none can be blamed for it.
import { floorFailed, poissonP95, upperShare } from "./bounds.ts";
import { idOf, isSame } from "./cell.ts";
import type { Cell, CellResult } from "./cell.ts";
import { atMargin, OUTAGES, STABLE } from "./cells.ts";
import type { Find } from "./tables.ts";

export interface Goal {
  readonly name: string;
  readonly figure: string;
  readonly state: "pass" | "FAIL" | "floor";
}

const NEAR_FLOOR = 1.25;
/** With fewer runs the upper bound of a share says more of the number of runs than of the share. */
const MANY = 1000;

export function goalsOf(results: readonly CellResult[], find: Find): readonly Goal[] {
  return [
    ...validity(results),
    ...immunity(results),
    ...blastRadius(find),
    ...sixtySeconds(find),
    ...timeToDetect(find),
    ...lowTraffic(find),
    ...latency(find),
    ...goodVersions(find),
  ];
}

function validity(results: readonly CellResult[]): Goal[] {
  const good = ours(results).filter(
    ({ cell }) =>
      isSame(cell) &&
      (cell.latency ?? "same") === "same" &&
      cell.world === undefined &&
      cell.attempts === undefined &&
      isShipped(cell),
  );
  const worst = worstOf(good, ({ aborted, cell }) => aborted / cell.runs);
  const many = good.filter(({ cell }) => cell.runs >= MANY);
  const bound = worstOf(many, ({ aborted, cell }) => upperShare(aborted, cell.runs));
  return [
    atMost("G1 false rollbacks, worst cell, %", 100 * worst.value, 1, worst.id),
    atMost("G1 its 97.5% upper bound, worst cell, %", 100 * bound.value, 1.5, bound.id),
  ];
}

function immunity(results: readonly CellResult[]): Goal[] {
  const shared = ours(results).filter(({ cell }) => isSame(cell) && cell.world !== undefined);
  return OUTAGES.concat("slow").map((world) => {
    const cells = shared.filter(({ cell }) => cell.world === world);
    const worst = worstOf(cells, ({ aborted, cell }) => aborted / cell.runs);
    return atMost(`G2 false rollbacks in ${world}, worst cell, %`, 100 * worst.value, 1, worst.id);
  });
}

function blastRadius(find: Find): Goal[] {
  return [10, 100, 1000].flatMap((requestsPerSecond) =>
    STABLE.flatMap((p0) =>
      (
        [
          [0.3, 4, 7],
          [1, 6, 12],
        ] as const
      ).flatMap(([p1, median, p95]) => {
        const result = find({ schedule: "budget", feed: "1 s", requestsPerSecond, p0, p1 });
        if (result === undefined) return [];
        const floor = floorFailed(result.cell);
        const where = `${requestsPerSecond}/s, ${100 * p0}% and ${100 * p1}%`;
        return [
          atMost(`G3 median failed, ${where}`, result.medianFailed, median, "", floor),
          atMost(`G3 p95 failed, ${where}`, result.p95Failed, p95, "", poissonP95(floor)),
        ];
      }),
    ),
  );
}

function sixtySeconds(find: Find): Goal[] {
  return [100, 1000].flatMap((requestsPerSecond) =>
    STABLE.flatMap((p0) =>
      [0.1, 0.3, 1].flatMap((p1) => {
        const result = find({ feed: "60 s", requestsPerSecond, p0, p1 });
        if (result === undefined) return [];
        const ratio = result.medianFailed / floorFailed(result.cell);
        const name = `G4 failed over the 60 s feed's floor, ${requestsPerSecond}/s, ${100 * p0}% and ${100 * p1}%`;
        return [atMost(name, ratio, 1.1)];
      }),
    ),
  );
}

function timeToDetect(find: Find): Goal[] {
  const goals: Goal[] = [];
  const add = (mark: number, asked: Parameters<Find>[0]) => {
    const result = find(asked);
    if (result === undefined) return;
    const { schedule, feed, p0, p1, requestsPerSecond } = result.cell;
    const name = `G5 median s, ${schedule}, ${feed} feed, ${requestsPerSecond}/s, ${100 * p0}% and ${100 * p1}%`;
    goals.push(atMost(name, result.medianAbortSeconds, mark));
  };
  for (const requestsPerSecond of [100, 1000]) {
    for (const p0 of STABLE) {
      for (const p1 of [0.3, 1]) {
        add(4, { feed: "1 s", requestsPerSecond, p0, p1 });
        add(15, { feed: "10 s", requestsPerSecond, p0, p1 });
        add(90, { feed: "60 s", requestsPerSecond, p0, p1 });
      }
      add(17, { schedule: "budget", feed: "1 s", requestsPerSecond, p0, p1: 0.3 });
    }
  }
  add(35, { feed: "1 s", requestsPerSecond: 10, p1: 0.1 });
  add(35, { feed: "10 s", requestsPerSecond: 10, p1: 0.1 });
  return goals;
}

function lowTraffic(find: Find): Goal[] {
  const ramp = { schedule: "budget", feed: "1 s", requestsPerSecond: 1 } as const;
  const tenth = find({ ...ramp, p1: 0.1 });
  const twentieth = find({ ...ramp, p1: 0.05 });
  const goals: Goal[] = [];
  if (tenth !== undefined) {
    const share = (100 * tenth.abortedSoon) / tenth.cell.runs;
    goals.push(atLeast("G6 10% at 1/s found in 10 minutes, %", share, 99));
  }
  if (twentieth !== undefined) {
    const share = (100 * twentieth.aborted) / twentieth.cell.runs;
    goals.push(atLeast("G6 5% at 1/s found in 25 minutes, %", share, 99));
  }
  for (const requestsPerSecond of [10, 100, 1000]) {
    for (const p0 of STABLE) {
      const result = find({ ...ramp, requestsPerSecond, p0, p1: atMargin(p0) });
      if (result === undefined) continue;
      const share = (100 * result.promoted) / result.cell.runs;
      const name = `G6 promoted at the margin, ${requestsPerSecond}/s, ${100 * p0}%, %`;
      goals.push(atMost(name, share, 5));
    }
  }
  return goals;
}

function latency(find: Find): Goal[] {
  const goals: Goal[] = [];
  const shift = find({ requestsPerSecond: 10, latency: "x1.5" });
  if (shift !== undefined) {
    goals.push(
      atLeast("G7 x1.5 at 10/s found, %", (100 * shift.aborted) / shift.cell.runs, 100),
      atMost("G7 x1.5 at 10/s, median s", shift.medianAbortSeconds, 65),
      atMost("G7 x1.5 at 10/s, median slow requests", shift.medianSlow, 80),
    );
  }
  for (const requestsPerSecond of [10, 100, 1000]) {
    const tail = find({ requestsPerSecond, latency: "tail" });
    if (tail !== undefined && requestsPerSecond <= 100) {
      const name = `G7 2% tail at ${requestsPerSecond}/s, median slow requests`;
      goals.push(atMost(name, tail.medianSlow, 6));
    }
    const same = find({ requestsPerSecond, latency: "same" });
    if (same === undefined) continue;
    const share = (100 * same.aborted) / same.cell.runs;
    goals.push(atMost(`G7 false rollbacks at ${requestsPerSecond}/s, %`, share, 0.5));
  }
  return goals;
}

function goodVersions(find: Find): Goal[] {
  const marks = [
    [10, 220, 430],
    [100, 100, 130],
    [1000, 100, 130],
  ] as const;
  return marks.flatMap(([requestsPerSecond, few, more]) =>
    STABLE.flatMap((p0) => {
      const result = find({ schedule: "budget", feed: "1 s", requestsPerSecond, p0 });
      if (result === undefined) return [];
      const mark = p0 === 0.001 ? few : more;
      const where = `${requestsPerSecond}/s, ${100 * p0}%`;
      const share = (100 * result.promoted) / result.cell.runs;
      return [
        atMost(`G8 median s until promoted, ${where}`, result.medianPromoteSeconds, mark),
        atLeast(`G8 promoted in 25 minutes, ${where}, %`, share, 97),
      ];
    }),
  );
}

function ours(results: readonly CellResult[]): readonly CellResult[] {
  return results.filter(({ cell }) => cell.rule === "Headgate");
}

function isShipped({ variant }: Cell): boolean {
  return variant === undefined || variant === "shipped";
}

function worstOf(
  results: readonly CellResult[],
  valueOf: (result: CellResult) => number,
): { readonly value: number; readonly id: string } {
  let worst = { value: Number.NaN, id: "no cell was run" };
  for (const result of results) {
    const value = valueOf(result);
    if (!(value <= worst.value)) worst = { value, id: idOf(result.cell) };
  }
  return worst;
}

function atMost(name: string, value: number, mark: number, note = "", floor = 0): Goal {
  const isMet = value <= mark;
  const isAtFloor = !isMet && floor > mark && value <= NEAR_FLOOR * floor;
  const floorText = !isMet && floor > 0 ? `; floor ${round(floor)}` : "";
  const figure = `${round(value)} (at most ${mark}${floorText})${note === "" ? "" : ` in ${note}`}`;
  return { name, figure, state: isMet ? "pass" : isAtFloor ? "floor" : "FAIL" };
}

function atLeast(name: string, value: number, mark: number): Goal {
  return {
    name,
    figure: `${round(value)} (at least ${mark})`,
    state: value >= mark ? "pass" : "FAIL",
  };
}

function round(value: number): string {
  return String(Number(value.toFixed(2)));
}
