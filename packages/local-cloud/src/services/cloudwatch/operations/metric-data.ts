import type { Cloud } from "../../../service.ts";
import { invalidNextToken, validationError } from "../errors.ts";
import { labelOf } from "../labels.ts";
import { MAX_DATAPOINTS } from "../limits.ts";
import { answerQueries } from "../metric-queries.ts";
import { checkDataQueries } from "../query-validation.ts";
import type { CloudWatchHandlers, CloudWatchOutput } from "../sdk.ts";

type Result = NonNullable<CloudWatchOutput<"GetMetricData">["MetricDataResults"]>[number];

/** A whole answer, before it is cut into pages. */
interface FullResult extends Result {
  readonly points: readonly (readonly [number, number])[];
}

/** Reading metrics and computing with them. */
export function metricDataOperations(cloud: Cloud) {
  return {
    GetMetricData(input, place) {
      const queries = input.MetricDataQueries ?? [];
      checkDataQueries(queries);
      const span = spanOf(input.StartTime, input.EndTime);
      const isAscending = input.ScanBy === "TimestampAscending";
      const answers = answerQueries(queries, {
        ...span,
        metrics: cloud.metrics,
        place,
        nowMs: cloud.clock.nowMs(),
      });
      const results = answers.flatMap((answer) =>
        answer.series.map((series): FullResult => {
          const points = [...series.points];
          return {
            Id: answer.query.Id,
            Label: labelOf(answer, series, queries, place.region),
            ...(answer.messages.length > 0 && { Messages: [...answer.messages] }),
            points: isAscending ? points : points.reverse(),
          };
        }),
      );
      const page = pageOfPoints(results, offsetOf(input.NextToken), input.MaxDatapoints);
      return { MetricDataResults: page.results, NextToken: page.nextToken, Messages: [] };
    },
  } satisfies CloudWatchHandlers;
}

/** Source: moto, which recorded the texts. */
function spanOf(
  start: Date | undefined,
  end: Date | undefined,
): { startMs: number; endMs: number } {
  const startMs = start?.getTime() ?? 0;
  const endMs = end?.getTime() ?? 0;
  if (startMs > endMs)
    throw validationError("The parameter EndTime must be greater than StartTime.");
  if (startMs === endMs) {
    throw validationError("The parameter StartTime must not equal parameter EndTime.");
  }
  return { startMs, endMs };
}

/**
 * The points of all results, counted through, from `offset` on. What a page cuts off is "PartialData".
 * Unverified: that later pages leave out results that are already complete.
 */
function pageOfPoints(
  full: readonly FullResult[],
  offset: number,
  maximum = MAX_DATAPOINTS,
): { results: Result[]; nextToken: string | undefined } {
  const end = offset + Math.min(MAX_DATAPOINTS, Math.max(1, maximum));
  const results: Result[] = [];
  let before = 0;
  for (const { points, ...result } of full) {
    const from = Math.max(0, offset - before);
    const to = Math.max(from, Math.min(points.length, end - before));
    const isDone = from > 0 && from >= points.length;
    before += points.length;
    if (isDone || (offset > 0 && points.length === 0)) continue;
    const part = points.slice(from, to);
    results.push({
      ...result,
      Timestamps: part.map(([atMs]) => new Date(atMs)),
      Values: part.map(([, value]) => value),
      StatusCode: to < points.length ? "PartialData" : "Complete",
    });
  }
  return { results, nextToken: before > end ? tokenOf(end) : undefined };
}

function tokenOf(offset: number): string {
  return Buffer.from(`points:${offset}`).toString("base64url");
}

function offsetOf(token: string | undefined): number {
  if (token === undefined) return 0;
  const match = /^points:(\d+)$/.exec(Buffer.from(token, "base64url").toString("utf8"));
  if (match === null) throw invalidNextToken();
  return Number(match[1]);
}
