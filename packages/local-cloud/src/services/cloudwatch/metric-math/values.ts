/** Values by the start of their period, in rising order of time. Never NaN or infinite. */
export interface TimeSeries {
  readonly label: string;
  readonly periodMs: number;
  readonly points: ReadonlyMap<number, number>;
}

/** What an expression can be worth. */
export type Value =
  | { readonly kind: "scalar"; readonly value: number }
  | { readonly kind: "series"; readonly series: TimeSeries }
  | { readonly kind: "array"; readonly items: readonly TimeSeries[] };

/** AWS's names of the kinds, in its messages. */
export const KIND_NAMES = {
  scalar: "Scalar",
  series: "TimeSeries",
  array: "TimeSeries[]",
} as const satisfies Record<Value["kind"], string>;

export function scalar(value: number): Value {
  return { kind: "scalar", value };
}

/** A series from points in any order. What is no finite number (x / 0) is no data point. */
export function seriesOf(
  points: Iterable<readonly [atMs: number, value: number]>,
  like: Pick<TimeSeries, "label" | "periodMs">,
): TimeSeries {
  const finite = [...points].filter(([, value]) => Number.isFinite(value));
  finite.sort(([left], [right]) => left - right);
  return { label: like.label, periodMs: like.periodMs, points: new Map(finite) };
}

/** `change` done to a series, or to each series of an array. */
export function mapSeries(value: Value, change: (series: TimeSeries) => TimeSeries): Value {
  switch (value.kind) {
    case "series":
      return { kind: "series", series: change(value.series) };
    case "array":
      return { kind: "array", items: value.items.map(change) };
    case "scalar": {
      const lone = change({ label: "", periodMs: 0, points: new Map([[0, value.value]]) });
      return scalar(lone.points.get(0) ?? Number.NaN);
    }
  }
}

/** Every point's value changed on its own. */
export function mapPoints(value: Value, change: (value: number) => number): Value {
  return mapSeries(value, (series) =>
    seriesOf(
      [...series.points].map(([atMs, point]) => [atMs, change(point)] as const),
      series,
    ),
  );
}
