import type { ArmCounts, CountQuery, CustomCounts, VersionBucket, VersionId } from "@headgate/core";
import { type Bucketed, neverRising } from "./buckets.ts";
import { type Arm, type CounterDefinition } from "./counter-definition.ts";
import { customSeries, type CustomRead } from "./custom-metrics.ts";
import type { MetricReader } from "./metric-reader.ts";
import { added, type Answers, type Place, SeriesPlan } from "./series-plan.ts";
import type { Span } from "./spans.ts";
import { countAbove } from "./statistics.ts";

/** The counts of both versions by the buckets of `span`, in order of time. */
export async function readBuckets(
  reader: MetricReader,
  definition: CounterDefinition,
  query: CountQuery,
  span: Span,
): Promise<readonly VersionBucket[]> {
  const plan = new SeriesPlan();
  const arms = query.versions.flatMap(({ version, slowerThanMs }) =>
    definition
      .armsOf(version)
      .map((arm) => armSeries(plan, definition, { version, arm, slowerThanMs })),
  );
  const custom = query.versions.flatMap(({ version }) => customSeries(plan, query.custom, version));
  const answers = await plan.read(reader, span);
  const table = new BucketTable(span.periodMs);
  for (const arm of arms) addArm(table, arm, answers);
  for (const one of custom) addCustom(table, one, answers);
  return table.buckets();
}

/** Where the series of one version's stratum stand in the plan. */
interface ArmSeries {
  readonly version: VersionId;
  readonly stratum: string;
  readonly requests: Place;
  readonly errors: readonly Place[];
  /** How many latencies there are; absent when they are not asked for. */
  readonly latencies?: Place;
  readonly slow: readonly Place[];
}

function armSeries(
  plan: SeriesPlan,
  definition: CounterDefinition,
  asked: {
    readonly version: VersionId;
    readonly arm: Arm;
    readonly slowerThanMs: readonly number[];
  },
): ArmSeries {
  const { version, slowerThanMs } = asked;
  const { stratum, dimensions } = asked.arm;
  const { namespace, latency } = definition;
  const place = (metricName: string, statistic: string) =>
    plan.add({ namespace, metricName, dimensions, statistic });
  const counts = {
    version,
    stratum,
    requests: place(definition.requests, "Sum"),
    errors: definition.errors.map((name) => place(name, "Sum")),
  };
  // Every metric asked for is charged for.
  if (latency === undefined || slowerThanMs.length === 0) return { ...counts, slow: [] };
  const { metricName, unitMs } = latency;
  return {
    ...counts,
    latencies: place(metricName, "SampleCount"),
    slow: slowerThanMs.map((ms) => place(metricName, countAbove(ms / unitMs))),
  };
}

function addArm(table: BucketTable, arm: ArmSeries, answers: Answers): void {
  const errors = added(arm.errors.map(answers));
  const latencies = arm.latencies === undefined ? undefined : answers(arm.latencies);
  for (const [atMs, value] of answers(arm.requests)) {
    const requests = Math.round(value);
    if (requests === 0) continue;
    const upTo = (values: Bucketed) => Math.min(requests, Math.round(values.get(atMs) ?? 0));
    const counts = { requests, errors: upTo(errors) };
    // Without any latency in the bucket nothing is known of it: that is not "none was slow".
    const isTimed = (latencies?.get(atMs) ?? 0) > 0;
    const slow = neverRising(arm.slow.map((place) => upTo(answers(place))));
    table.add({ ...arm, atMs }, isTimed ? { ...counts, slow } : counts);
  }
}

function addCustom(table: BucketTable, custom: CustomRead, answers: Answers): void {
  for (const [atMs, counts] of custom.countsIn(answers)) {
    if (counts.trials > 0) table.addCustom({ ...custom, atMs }, custom.name, counts);
  }
}

interface Cell {
  readonly version: VersionId;
  readonly stratum: string;
  readonly atMs: number;
}

/** What was counted, by time, version and stratum. */
class BucketTable {
  readonly #periodMs: number;
  readonly #cells = new Map<string, { readonly cell: Cell; counts: ArmCounts }>();

  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  add(cell: Cell, counts: ArmCounts): void {
    this.#cells.set(keyOf(cell), { cell, counts });
  }

  /** A trial can be published in another bucket than its request, so it may stand without any. */
  addCustom(cell: Cell, name: string, counts: CustomCounts): void {
    const known = this.#cells.get(keyOf(cell))?.counts ?? { requests: 0, errors: 0 };
    this.add(cell, { ...known, custom: { ...known.custom, [name]: counts } });
  }

  buckets(): readonly VersionBucket[] {
    return [...this.#cells.values()]
      .toSorted((left, right) => left.cell.atMs - right.cell.atMs)
      .map(({ cell: { version, stratum, atMs }, counts }) => ({
        version,
        fromMs: atMs,
        toMs: atMs + this.#periodMs,
        stratum,
        counts,
      }));
  }
}

function keyOf({ version, stratum, atMs }: Cell): string {
  return JSON.stringify([atMs, version, stratum]);
}
