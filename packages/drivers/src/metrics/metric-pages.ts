import type { MetricDataQuery, MetricDataResult } from "@aws-sdk/client-cloudwatch";
import { type MetricWindow, RolloutError } from "@headgate/core";
import type { AwsClients } from "../aws/clients.ts";
import type { AwsRunner } from "../aws/runner.ts";
import type { Clock } from "../clock.ts";
import type { Bucketed } from "./buckets.ts";

/** What reading metrics of CloudWatch takes. */
export interface CloudWatchAccess {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  readonly clock: Clock;
}

/** One query's answer: all of its values, or why there are none. */
export type QueryAnswer = Bucketed | RolloutError;

/** For all pages together. The controller waits 15 s for a measurement. */
const READ_MS = 12_000;
const REQUEST = { action: "cloudwatch:GetMetricData", subject: "metrics of the rollout" };

/**
 * Asks GetMetricData and follows its pages to the end. Up to 500 queries; the answers by their ids.
 * @throws {RolloutError} when no answer came at all, or not all of it: a part would only seem low.
 */
export async function readPages(
  { clients, run, clock }: CloudWatchAccess,
  queries: readonly MetricDataQuery[],
  { fromMs, toMs }: MetricWindow,
): Promise<ReadonlyMap<string, QueryAnswer>> {
  const cloudWatch = await clients.cloudWatch();
  const endMs = clock.nowMs() + READ_MS;
  const pages = new Pages();
  let token: string | undefined;
  do {
    const input = {
      MetricDataQueries: [...queries],
      StartTime: new Date(fromMs),
      EndTime: new Date(toMs),
      NextToken: token,
    };
    const page = await run(
      REQUEST,
      (abortSignal) => cloudWatch.getMetricData(input, { abortSignal }),
      { deadlineMs: endMs - clock.nowMs() },
    );
    for (const result of page.MetricDataResults ?? []) pages.add(result);
    if (token !== undefined && page.NextToken === token) throw incomplete("the same page again");
    token = page.NextToken;
  } while (token !== undefined);
  return pages.answers(queries);
}

/** The results of all pages. One query's values can come in several pages under its id. */
class Pages {
  readonly #values = new Map<string, Map<number, number>>();
  readonly #last = new Map<string, MetricDataResult>();

  add(result: MetricDataResult): void {
    const { Id = "", Timestamps = [], Values = [] } = result;
    const values = this.#values.get(Id) ?? new Map<number, number>();
    for (const [index, timestamp] of Timestamps.entries()) {
      const value = Values[index];
      if (value !== undefined) values.set(timestamp.getTime(), value);
    }
    this.#values.set(Id, values);
    this.#last.set(Id, result);
  }

  answers(queries: readonly MetricDataQuery[]): ReadonlyMap<string, QueryAnswer> {
    return new Map(
      queries.map(({ Id = "" }) => {
        const last = this.#last.get(Id);
        const failure = last === undefined ? undefined : failureOf(last);
        return [Id, failure ?? this.#values.get(Id) ?? new Map<number, number>()];
      }),
    );
  }
}

/** Undefined for a result that is whole. Source: AWS docs, API_MetricDataResult, StatusCode. */
function failureOf({ StatusCode, Messages, Label }: MetricDataResult): RolloutError | undefined {
  const said = Messages?.map(({ Value }) => Value ?? "").join("; ") || StatusCode || "";
  switch (StatusCode) {
    case "Forbidden":
      return new RolloutError(
        "AWS_DENIED",
        `CloudWatch may not show ${Label ?? "a metric"}: ${said}`,
        {
          hint: "Allow cloudwatch:GetMetricData to the identity that runs headgate.",
        },
      );
    case "InternalError":
      return new RolloutError(
        "AWS_UNREACHABLE",
        `CloudWatch could not read ${Label ?? "a metric"}: ${said}`,
        {
          hint: "Try again; look at the metric in the CloudWatch console.",
        },
      );
    case "PartialData":
      return incomplete(`only a part of ${Label ?? "a metric"}`);
    default:
      return undefined;
  }
}

function incomplete(what: string): RolloutError {
  return new RolloutError("AWS_UNREACHABLE", `CloudWatch gave ${what} and no more of it`, {
    hint: "Try again.",
  });
}
