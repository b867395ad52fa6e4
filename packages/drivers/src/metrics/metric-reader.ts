import type { MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { InvariantError, type NamedMetric, RolloutError } from "@headgate/core";
import type { AwsClients } from "../aws/clients.ts";
import type { Bucketed } from "./buckets.ts";
import { type CloudWatchAccess, type QueryAnswer, readPages } from "./metric-pages.ts";
import type { Span } from "./spans.ts";

/** One metric with one statistic: "Sum", "Average", "p99", "TC(0.5:)", ... */
export interface Series extends NamedMetric {
  readonly statistic: string;
}

export interface MetricReader {
  /** One map per series, in the order given; empty when there was no data. */
  read(series: readonly Series[], span: Span): Promise<readonly Bucketed[]>;
}

/** Source: AWS docs, API_GetMetricData. */
const QUERIES_PER_REQUEST = 500;

const READERS = new WeakMap<AwsClients, MetricReader>();

/** The reader that all rollouts with these clients share, so that their reads share requests. */
export function sharedMetricReader(access: CloudWatchAccess): MetricReader {
  const known = READERS.get(access.clients);
  if (known !== undefined) return known;
  const made = createMetricReader(access);
  READERS.set(access.clients, made);
  return made;
}

/** One read that waits for the end of the turn. */
interface Asked {
  readonly queries: readonly Query[];
  readonly settle: (answers: readonly QueryAnswer[]) => void;
  readonly fail: (reason: unknown) => void;
}

/** `key` says the same for the same metric, statistic and period. */
interface Query {
  readonly key: string;
  readonly stat: MetricDataQuery["MetricStat"];
}

/**
 * Reads that are asked for in the same turn of the event loop over the same time go out together: CloudWatch
 * charges and throttles by the request, and every rollout reads at the same beat.
 */
export function createMetricReader(access: CloudWatchAccess): MetricReader {
  /** By the window. */
  const waiting = new Map<string, Asked[]>();
  const send = async (key: string, span: Span) => {
    const batch = waiting.get(key) ?? [];
    waiting.delete(key);
    await readTogether(access, batch, span);
  };
  return {
    async read(series, span) {
      if (series.length === 0) return [];
      if (span.toMs <= span.fromMs) return series.map(() => new Map<number, number>());
      const queries = series.map((one) => queryFor(one, span.periodMs));
      const answers = await new Promise<readonly QueryAnswer[]>((settle, fail) => {
        const key = `${span.fromMs}-${span.toMs}`;
        const batch = waiting.get(key);
        batch?.push({ queries, settle, fail });
        if (batch !== undefined) return;
        waiting.set(key, [{ queries, settle, fail }]);
        setImmediate(() => void send(key, span));
      });
      return answers.map((answer) => {
        if (answer instanceof RolloutError) throw answer;
        return answer;
      });
    },
  };
}

/** Settles every read of the batch; never throws. */
async function readTogether(
  access: CloudWatchAccess,
  batch: readonly Asked[],
  span: Span,
): Promise<void> {
  try {
    const answers = await answersTo(
      access,
      batch.flatMap(({ queries }) => queries),
      span,
    );
    for (const { queries, settle } of batch) {
      settle(queries.map(({ key }) => answers.get(key) ?? new Map<number, number>()));
    }
  } catch (error) {
    if (batch.length > 1 && error instanceof RolloutError && error.code === "AWS_REFUSED") {
      // CloudWatch refuses a request for one wrong query in it; the others must not pay for that.
      await Promise.all(batch.map((asked) => readTogether(access, [asked], span)));
      return;
    }
    for (const { fail } of batch) fail(error);
  }
}

/** Each different query is sent once, whoever asked for it. */
async function answersTo(
  access: CloudWatchAccess,
  queries: readonly Query[],
  span: Span,
): Promise<ReadonlyMap<string, QueryAnswer>> {
  const different = [...new Map(queries.map((query) => [query.key, query])).values()];
  const requests: Query[][] = [];
  for (let start = 0; start < different.length; start += QUERIES_PER_REQUEST) {
    requests.push(different.slice(start, start + QUERIES_PER_REQUEST));
  }
  const answers = new Map<string, QueryAnswer>();
  await Promise.all(
    requests.map(async (request) => {
      const input = request.map(({ stat }, index) => ({ Id: `q${index}`, MetricStat: stat }));
      const answered = await readPages(access, input, span);
      for (const [index, { key }] of request.entries()) {
        const answer = answered.get(`q${index}`);
        if (answer === undefined) throw new InvariantError("a query of metrics has no answer");
        answers.set(key, answer);
      }
    }),
  );
  return answers;
}

function queryFor(
  { namespace, metricName, dimensions, statistic }: Series,
  periodMs: number,
): Query {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const stat = {
    Metric: { Namespace: namespace, MetricName: metricName, Dimensions },
    Period: periodMs / 1000,
    Stat: statistic,
  };
  return { key: JSON.stringify(stat), stat };
}
