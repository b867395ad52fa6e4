// The cells of the benchmark. `quick` keeps those that goals ask for, with fewer runs.
import { idOf } from "./cell.ts";
import type { Cell, FeedName, Latency, Peer, Schedule, Variant, World } from "./cell.ts";

export const RATES = [1, 10, 100, 1000] as const;
export const STABLE = [0.001, 0.01] as const;
export const BAD = [0.02, 0.05, 0.1, 0.3, 1] as const;
export const OUTAGES: readonly World[] = ["O1", "O2", "O3", "O4"];
export const LATENCIES: readonly Latency[] = ["same", "x1.5", "x3", "tail"];
/** Our configurations, and the feed that each floor is of. */
export const OURS: readonly (readonly [Schedule, FeedName])[] = [
  ["linear", "60 s"],
  ["linear", "10 s"],
  ["linear", "1 s"],
  ["canary", "10 s"],
  ["canary", "1 s"],
  ["budget", "60 s"],
  ["budget", "10 s"],
  ["budget", "1 s"],
];
export const PEERS: readonly Peer[] = [
  "CodeDeploy 5XX>10 x3",
  "CodeDeploy canary>0 x2",
  "Flagger, threshold 1",
  "Flagger, threshold 5",
  "Argo 5m",
  "Argo 1m",
  "Kayenta",
];
export const VARIANTS: readonly Variant[] = [
  "shipped",
  "propagation of 1 s",
  "no late onset",
  "errors only",
  "no tolerance",
  "all of these",
  "budget of 4",
];
/** p1 at the margin that promotion has to refuse: 1.5 p0 + 0.5 %. */
export function atMargin(p0: number): number {
  return 1.5 * p0 + 0.005;
}

export interface Sizes {
  readonly same: number;
  readonly bad: number;
  readonly outage: number;
  readonly bake: number;
  readonly latency: number;
  readonly peer: number;
}

/** Runs for each cell. About eight minutes of processor time; `--scale` multiplies them. */
export const FULL: Sizes = {
  same: 2000,
  bad: 1000,
  outage: 600,
  bake: 150,
  latency: 600,
  peer: 250,
};
export const QUICK: Sizes = {
  same: 1500,
  bad: 300,
  outage: 200,
  bake: 20,
  latency: 200,
  peer: 30,
};

type Given = Partial<Cell> & Pick<Cell, "requestsPerSecond" | "runs">;

function cellOf(given: Given): Cell {
  const p0 = given.p0 ?? 0.001;
  return { rule: "Headgate", schedule: "linear", feed: "10 s", p0, p1: p0, ...given };
}

/** Every cell once, whatever tables it is in. */
export function cellsOf(sizes: Sizes): readonly Cell[] {
  const cells = [
    ...sameAndBad(sizes),
    ...outages(sizes),
    ...latencies(sizes),
    ...others(sizes),
    ...peers(sizes),
  ];
  // A cell that several tables ask for is run once, as often as the one that asks for most.
  const rising = cells.toSorted((left, right) => left.runs - right.runs);
  return [...new Map(rising.map((cell) => [idOf(cell), cell])).values()];
}

function sameAndBad({ same, bad }: Sizes): readonly Cell[] {
  return OURS.flatMap(([schedule, feed]) =>
    RATES.flatMap((requestsPerSecond) =>
      STABLE.flatMap((p0) => {
        const where = { schedule, feed, requestsPerSecond, p0 };
        return [
          cellOf({ ...where, runs: same }),
          ...BAD.map((p1) => cellOf({ ...where, p1, runs: bad })),
        ];
      }),
    ),
  );
}

function outages({ outage, bake }: Sizes): readonly Cell[] {
  const runs = outage;
  const errors = (
    [
      ["linear", "10 s"],
      ["linear", "1 s"],
      ["budget", "10 s"],
      ["budget", "1 s"],
    ] as const
  ).flatMap(([schedule, feed]) =>
    [10, 100, 1000].flatMap((requestsPerSecond) =>
      OUTAGES.map((world) => cellOf({ schedule, feed, requestsPerSecond, world, runs })),
    ),
  );
  const long = STABLE.map((p0) =>
    cellOf({ schedule: "bake", feed: "1 s", requestsPerSecond: 100, p0, runs: bake }),
  );
  return [...errors, ...long];
}

function latencies({ latency: runs }: Sizes): readonly Cell[] {
  const ramp = { schedule: "budget", feed: "1 s", latency: "same", runs } as const;
  return [10, 100, 1000].flatMap((requestsPerSecond) => {
    const cells = LATENCIES.map((latency) => cellOf({ requestsPerSecond, latency, runs }));
    return cells.concat(
      cellOf({ requestsPerSecond, latency: "same", world: "slow", runs }),
      cellOf({ ...ramp, requestsPerSecond }),
      cellOf({ ...ramp, requestsPerSecond, p1: 0.3 }),
      cellOf({ ...ramp, requestsPerSecond, p1: 1 }),
    );
  });
}

function others({ bad, same }: Sizes): readonly Cell[] {
  const ramp = { schedule: "budget", feed: "1 s" } as const;
  const margin = [10, 100, 1000].flatMap((requestsPerSecond) =>
    STABLE.map((p0) => cellOf({ ...ramp, requestsPerSecond, p0, p1: atMargin(p0), runs: bad })),
  );
  const ablation = VARIANTS.flatMap((variant) =>
    [10, 100, 1000].flatMap((requestsPerSecond) =>
      [0.001, 0.3, 1].map((p1) => cellOf({ ...ramp, requestsPerSecond, p1, variant, runs: bad })),
    ),
  );
  const sticky = [10, 100].flatMap((requestsPerSecond) =>
    ([2, 4] as const).flatMap((attempts) =>
      (["shipped", `retries ${attempts}`] as const).map((variant) =>
        cellOf({ requestsPerSecond, p0: 0.01, p1: 0.01, attempts, variant, runs: same / 2 }),
      ),
    ),
  );
  const late = [10, 100, 1000].flatMap((requestsPerSecond) =>
    (["shipped", "no late onset"] as const).flatMap((variant) => [
      cellOf({ requestsPerSecond, p1: 0.1, onsetMs: 240_000, variant, runs: bad }),
      cellOf({ requestsPerSecond, p1: 0.1, variant, runs: bad }),
    ]),
  );
  return [...margin, ...ablation, ...sticky, ...late];
}

function peers({ peer: runs }: Sizes): readonly Cell[] {
  const feed = "60 s";
  return PEERS.flatMap((rule) => {
    const usual = RATES.flatMap((requestsPerSecond) =>
      STABLE.flatMap((p0) =>
        [p0, ...BAD].map((p1) => cellOf({ rule, feed, requestsPerSecond, p0, p1, runs })),
      ),
    );
    const outages = [10, 100, 1000].flatMap((requestsPerSecond) =>
      OUTAGES.map((world) => cellOf({ rule, feed, requestsPerSecond, world, runs })),
    );
    return usual.concat(outages);
  });
}
