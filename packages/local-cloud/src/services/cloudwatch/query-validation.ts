import { invalidParameterValue, validationError } from "./errors.ts";
import { MAX_METRIC_DATA_QUERIES } from "./limits.ts";
import { referencesIn } from "./metric-math/evaluate.ts";
import { type Node, parseExpression } from "./metric-math/parser.ts";
import { ExpressionError } from "./metric-math/tokens.ts";
import { expressionFault, type MetricQuery } from "./metric-queries.ts";
import { isPeriod } from "./periods.ts";
import { parseStatistic } from "./statistics.ts";

const ID = /^[a-z][a-zA-Z0-9_]*$/;

/** @throws {AwsError} for what GetMetricData does not accept in its queries. */
export function checkDataQueries(queries: readonly MetricQuery[]): void {
  if (queries.length === 0) {
    throw validationError("The parameter MetricDataQueries is required.\n");
  }
  if (queries.length > MAX_METRIC_DATA_QUERIES) {
    throw validationError(
      `The collection MetricDataQueries must not have a size greater than ${MAX_METRIC_DATA_QUERIES}.`,
    );
  }
  checkIds(queries, "MetricDataQueries");
  for (const [index, query] of queries.entries()) checkDataQuery(query, index + 1);
  if (queries.every(({ ReturnData }) => ReturnData === false)) {
    // Unverified: the text.
    throw validationError("At least one of the MetricDataQueries must return data.");
  }
  checkExpressions(queries);
}

function checkDataQuery(query: MetricQuery, number: number): void {
  const name = `MetricDataQueries.member.${number}`;
  if (query.MetricStat !== undefined && query.Expression !== undefined) {
    throw validationError(
      `The parameters ${name}.Expression and ${name}.MetricStat are mutually exclusive and you have specified both.`,
    );
  }
  if (query.MetricStat === undefined) {
    // The empty line is AWS's own. Source: moto, which recorded it.
    if (query.Expression === undefined) {
      throw validationError(`The parameter ${name}.MetricStat is required.\n`);
    }
    return;
  }
  const { Period = 0, Stat = "" } = query.MetricStat;
  if (!isPeriod(Period)) {
    // Unverified: the text.
    throw invalidParameterValue(
      `The parameter ${name}.MetricStat.Period must be 1, 5, 10, 20, 30 or a multiple of 60.`,
    );
  }
  if (parseStatistic(Stat) === undefined) {
    throw validationError(
      `The value ${Stat} for parameter ${name}.MetricStat.Stat is not supported.`,
    );
  }
}

/** Ids must be there once each. Source: an AWS answer quoted in a public repository. */
export function checkIds(queries: readonly MetricQuery[], parameter: string): void {
  for (const [index, { Id = "" }] of queries.entries()) {
    if (ID.test(Id)) continue;
    throw validationError(
      `The value for parameter ${parameter}.member.${index + 1}.Id is not matching the expected pattern ${ID.source}.`,
    );
  }
  if (new Set(queries.map(({ Id }) => Id)).size < queries.length) {
    throw validationError(`The values for parameter id in ${parameter} are not unique.`);
  }
}

/** Every expression can be read, names only ids of the request, and no two need each other. */
export function checkExpressions(queries: readonly MetricQuery[]): ReadonlyMap<string, Node> {
  const parsed = new Map<string, Node>();
  for (const query of queries) {
    if (query.Expression === undefined) continue;
    try {
      parsed.set(query.Id ?? "", parseExpression(query.Expression));
    } catch (error) {
      if (error instanceof ExpressionError) throw expressionFault(query, error.message);
      throw error;
    }
  }
  const ids = new Set(queries.map(({ Id }) => Id));
  for (const query of queries) {
    const node = parsed.get(query.Id ?? "");
    const unknown = node && referencesIn(node).find((id) => !ids.has(id));
    if (unknown !== undefined) throw expressionFault(query, `Undefined variable '${unknown}'`);
  }
  return parsed;
}
