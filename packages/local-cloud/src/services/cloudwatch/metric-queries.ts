import type { MetricStore } from "../../telemetry/metric-store.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import { validationError } from "./errors.ts";
import { evaluateExpression, type Names } from "./metric-math/evaluate.ts";
import { parseExpression } from "./metric-math/parser.ts";
import { ExpressionError } from "./metric-math/tokens.ts";
import type { TimeSeries, Value } from "./metric-math/values.ts";
import { type MetricStatInput, readPoints, sourceOf } from "./metric-reader.ts";
import { roundedStart } from "./periods.ts";

/** The wire's MetricDataQuery. */
export interface MetricQuery {
  readonly Id: string | undefined;
  readonly MetricStat?: MetricStatInput | undefined;
  readonly Expression?: string | undefined;
  readonly Label?: string | undefined;
  readonly ReturnData?: boolean | undefined;
  readonly Period?: number | undefined;
}

interface QueryMessage {
  readonly Code: string;
  readonly Value: string;
}

/** One query's answer: a metric has one series, an expression one or several. */
export interface QueryAnswer {
  readonly query: MetricQuery;
  readonly series: readonly TimeSeries[];
  /** Several series were meant, however many there are: METRICS() of one metric is an array too. */
  readonly isArray: boolean;
  readonly messages: readonly QueryMessage[];
}

/** When and where the queries read. Times in milliseconds; `endMs` is not included. */
interface QuerySpan {
  readonly metrics: MetricStore;
  readonly place: Place;
  readonly startMs: number;
  readonly endMs: number;
  readonly nowMs: number;
  /** The start is already where periods begin: alarms count from their own boundaries. */
  readonly isAligned?: boolean | undefined;
}

/**
 * Answers the queries that return data, in their order.
 * @throws {AwsError} ValidationError naming the expression that cannot be computed.
 */
export function answerQueries(queries: readonly MetricQuery[], span: QuerySpan): QueryAnswer[] {
  const run = new QueryRun(queries, span);
  return queries.filter(({ ReturnData }) => ReturnData !== false).map((query) => run.answer(query));
}

/** Resolves queries that refer to each other, each one once. */
class QueryRun {
  readonly #messages = new Map<MetricQuery, QueryMessage[]>();
  readonly #byId: ReadonlyMap<string, MetricQuery>;
  readonly #span: QuerySpan;
  readonly #values = new Map<MetricQuery, Value>();
  readonly #running = new Set<MetricQuery>();
  readonly #periodMs: number;

  constructor(queries: readonly MetricQuery[], span: QuerySpan) {
    this.#byId = new Map(queries.map((query) => [query.Id ?? "", query]));
    this.#span = span;
    const periods = queries.map(({ MetricStat, Period }) => MetricStat?.Period ?? Period ?? 0);
    this.#periodMs = (Math.max(0, ...periods) || 60) * 1000;
  }

  answer(query: MetricQuery): QueryAnswer {
    const value = this.#valueOf(query);
    const messages = this.#messages.get(query) ?? [];
    if (value.kind === "series") {
      return { query, series: [value.series], isArray: false, messages };
    }
    if (value.kind === "array") return { query, series: value.items, isArray: true, messages };
    // Unverified: the text.
    throw expressionFault(query, "The expression must return a time series");
  }

  #valueOf(query: MetricQuery): Value {
    const known = this.#values.get(query);
    if (known !== undefined) return known;
    // Unverified: the text.
    if (this.#running.has(query)) throw expressionFault(query, "Circular reference");
    this.#running.add(query);
    const value =
      query.MetricStat === undefined
        ? this.#expression(query)
        : { kind: "series" as const, series: this.#metric(query, query.MetricStat) };
    this.#running.delete(query);
    this.#values.set(query, value);
    return value;
  }

  #metric(query: MetricQuery, input: MetricStatInput): TimeSeries {
    const { metrics, place } = this.#span;
    const source = sourceOf(input);
    const { points, units } = readPoints(metrics, place, source, this.#window(source.periodMs));
    if (units.length > 1) {
      const text = `Multiple units returned: '[${units.join(", ")}]'`;
      this.#messages.set(query, [{ Code: "MultipleUnits", Value: text }]);
    }
    return {
      label: source.metricName,
      periodMs: source.periodMs,
      points: new Map(points.map(({ atMs, value }) => [atMs, value])),
    };
  }

  #expression(query: MetricQuery): Value {
    const periodMs = query.Period === undefined ? this.#periodMs : query.Period * 1000;
    const names: Names = {
      periodMs,
      window: this.#window(periodMs),
      value: (id) => {
        const other = this.#byId.get(id);
        return other === undefined ? undefined : this.#valueOf(other);
      },
      metrics: (part) => this.#metricsNamed(part),
    };
    try {
      return labelled(evaluateExpression(parseExpression(query.Expression ?? ""), names), query);
    } catch (error) {
      if (error instanceof ExpressionError) throw expressionFault(query, error.message);
      throw error;
    }
  }

  #window(periodMs: number): { readonly startMs: number; readonly endMs: number } {
    const { startMs, endMs, nowMs, isAligned } = this.#span;
    return { startMs: isAligned ? startMs : roundedStart(startMs, periodMs, nowMs), endMs };
  }

  #metricsNamed(part: string): TimeSeries[] {
    const chosen = [...this.#byId.values()].filter(
      ({ Id, MetricStat }) => MetricStat !== undefined && (Id ?? "").includes(part),
    );
    return chosen.flatMap((query) => this.answer(query).series);
  }
}

/** An expression's one series is called after its query; those of an array keep their names. */
function labelled(value: Value, query: MetricQuery): Value {
  if (value.kind !== "series") return value;
  return { kind: "series", series: { ...value.series, label: query.Id ?? "" } };
}

/** Source: AWS answers quoted in Grafana's tests and in public post-mortems. */
export function expressionFault(query: MetricQuery, reason: string): Error {
  return validationError(`Error in expression '${query.Id}': ${reason}`);
}
