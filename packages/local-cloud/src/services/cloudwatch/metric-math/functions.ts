import { type Filler, fill, gridOf } from "./fill.ts";
import type { Node } from "./parser.ts";
import { ExpressionError } from "./tokens.ts";
import { mapPoints, mapSeries, scalar, seriesOf, type TimeSeries, type Value } from "./values.ts";

/** What functions may ask of the request that the expression belongs to. */
export interface Environment {
  readonly window: { readonly startMs: number; readonly endMs: number };
  /** For TIME_SERIES, which has no series to take a period from. */
  readonly periodMs: number;
  evaluate(node: Node): Value;
  /** The request's metrics (not its expressions) whose id contains `part`. */
  metrics(part: string): readonly TimeSeries[];
}

type MathFunction = (inputs: readonly Node[], environment: Environment) => Value;

/** The functions there are. Source: AWS docs, "Using metric math", supported functions. */
export const FUNCTIONS: ReadonlyMap<string, MathFunction> = new Map<string, MathFunction>([
  ["ABS", pointwise("ABS", Math.abs)],
  ["CEIL", pointwise("CEIL", Math.ceil)],
  ["FLOOR", pointwise("FLOOR", Math.floor)],
  ["LOG", pointwise("LOG", Math.log)],
  ["LOG10", pointwise("LOG10", Math.log10)],
  ["SUM", aggregate("SUM", sum)],
  ["AVG", aggregate("AVG", mean)],
  ["MIN", aggregate("MIN", (values) => Math.min(...values))],
  ["MAX", aggregate("MAX", (values) => Math.max(...values))],
  ["STDDEV", aggregate("STDDEV", deviation)],
  ["DIFF", stepwise("DIFF", (value, before) => value - before)],
  ["RATE", stepwise("RATE", (value, before, gapMs) => (value - before) / (gapMs / 1000))],
  ["DIFF_TIME", stepwise("DIFF_TIME", (_value, _before, gapMs) => gapMs / 1000)],
  ["RUNNING_SUM", runningSum],
  ["FILL", fillGaps],
  ["IF", choose],
  [
    "PERIOD",
    (inputs, environment) => scalar(oneSeries("PERIOD", inputs, environment).periodMs / 1000),
  ],
  ["DATAPOINT_COUNT", (inputs, environment) => countPoints(inputs, environment)],
  ["METRIC_COUNT", metricCount],
  ["FIRST", (inputs, environment) => pick("FIRST", inputs, environment, 0)],
  ["LAST", (inputs, environment) => pick("LAST", inputs, environment, -1)],
  ["METRICS", metrics],
  ["TIME_SERIES", timeSeries],
]);

function only(name: string, inputs: readonly Node[], environment: Environment): Value {
  const [input] = inputs;
  if (input === undefined || inputs.length !== 1) throw wrongInputs(name);
  return environment.evaluate(input);
}

function oneSeries(name: string, inputs: readonly Node[], environment: Environment): TimeSeries {
  const value = only(name, inputs, environment);
  if (value.kind !== "series") throw wrongInputs(name);
  return value.series;
}

function pointwise(name: string, change: (value: number) => number): MathFunction {
  return (inputs, environment) => mapPoints(only(name, inputs, environment), change);
}

/** Of one series a number; of several, one series with a value wherever any of them has one. */
function aggregate(name: string, fold: (values: readonly number[]) => number): MathFunction {
  return (inputs, environment) => {
    const value = only(name, inputs, environment);
    if (value.kind === "scalar") return scalar(fold([value.value]));
    if (value.kind === "series") return scalar(fold([...value.series.points.values()]));
    const byTime = new Map<number, number[]>();
    for (const [atMs, point] of value.items.flatMap((item) => [...item.points])) {
      byTime.set(atMs, [...(byTime.get(atMs) ?? []), point]);
    }
    const folded = [...byTime].map(([atMs, values]) => [atMs, fold(values)] as const);
    const periodMs = Math.max(environment.periodMs, ...value.items.map((item) => item.periodMs));
    return { kind: "series", series: seriesOf(folded, { label: name, periodMs }) };
  };
}

function stepwise(
  name: string,
  change: (value: number, before: number, gapMs: number) => number,
): MathFunction {
  return (inputs, environment) =>
    mapSeries(only(name, inputs, environment), (series) => {
      const all = [...series.points];
      const steps = all.slice(1).map(([atMs, value], index) => {
        const [beforeMs, before] = all[index] ?? [atMs, value];
        return [atMs, change(value, before, atMs - beforeMs)] as const;
      });
      return seriesOf(steps, series);
    });
}

function runningSum(inputs: readonly Node[], environment: Environment): Value {
  return mapSeries(only("RUNNING_SUM", inputs, environment), (series) => {
    let total = 0;
    const sums = [...series.points].map(([atMs, value]) => [atMs, (total += value)] as const);
    return seriesOf(sums, series);
  });
}

function fillGaps(inputs: readonly Node[], environment: Environment): Value {
  const [target, wanted] = inputs;
  if (target === undefined || wanted === undefined || inputs.length !== 2) {
    throw wrongInputs("FILL");
  }
  const filler = fillerOf(wanted, environment);
  return mapSeries(environment.evaluate(target), (series) =>
    fill(series, filler, environment.window),
  );
}

function fillerOf(node: Node, environment: Environment): Filler {
  if (node.kind === "word") {
    if (node.value === "REPEAT" || node.value === "LINEAR") return node.value;
    throw wrongInputs("FILL");
  }
  const value = environment.evaluate(node);
  if (value.kind === "scalar") return value.value;
  if (value.kind === "series") return value.series;
  throw wrongInputs("FILL");
}

function choose(inputs: readonly Node[], environment: Environment): Value {
  const [test, whenTrue, whenFalse] = inputs;
  if (test === undefined || whenTrue === undefined || inputs.length > 3) throw wrongInputs("IF");
  const condition = environment.evaluate(test);
  const yes = environment.evaluate(whenTrue);
  const no = whenFalse && environment.evaluate(whenFalse);
  if (condition.kind === "array" || yes.kind === "array" || no?.kind === "array") {
    throw wrongInputs("IF");
  }
  if (condition.kind === "scalar") {
    const nothing = { label: "", periodMs: environment.periodMs };
    const chosen = condition.value === 0 ? no : yes;
    return chosen ?? { kind: "series", series: seriesOf([], nothing) };
  }
  const points: [number, number][] = [];
  for (const [atMs, claim] of condition.series.points) {
    const chosen = claim === 0 ? no : yes;
    const value = chosen?.kind === "series" ? chosen.series.points.get(atMs) : chosen?.value;
    if (value !== undefined) points.push([atMs, value]);
  }
  return { kind: "series", series: seriesOf(points, condition.series) };
}

function countPoints(inputs: readonly Node[], environment: Environment): Value {
  return scalar(oneSeries("DATAPOINT_COUNT", inputs, environment).points.size);
}

function metricCount(inputs: readonly Node[], environment: Environment): Value {
  const value = only("METRIC_COUNT", inputs, environment);
  return scalar(value.kind === "array" ? value.items.length : 1);
}

function pick(
  name: string,
  inputs: readonly Node[],
  environment: Environment,
  index: number,
): Value {
  const value = only(name, inputs, environment);
  const series = value.kind === "array" ? value.items.at(index) : undefined;
  if (series === undefined) throw wrongInputs(name);
  return { kind: "series", series };
}

function metrics(inputs: readonly Node[], environment: Environment): Value {
  const [part] = inputs;
  if (inputs.length > 1 || (part !== undefined && part.kind !== "string")) {
    throw wrongInputs("METRICS");
  }
  return { kind: "array", items: environment.metrics(part?.value ?? "") };
}

function timeSeries(inputs: readonly Node[], environment: Environment): Value {
  const value = only("TIME_SERIES", inputs, environment);
  if (value.kind !== "scalar") throw wrongInputs("TIME_SERIES");
  const { periodMs, window } = environment;
  const points = [...gridOf(window, periodMs)].map((atMs) => [atMs, value.value] as const);
  return { kind: "series", series: seriesOf(points, { label: "", periodMs }) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

/** Unverified: that AWS divides by the number of values, not by one less. */
function deviation(values: readonly number[]): number {
  const average = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - average) ** 2)));
}

/** Unverified: the text. */
function wrongInputs(name: string): ExpressionError {
  return new ExpressionError(`Unsupported operand type(s) for function '${name}'`);
}
