import type { Metric } from "@aws-sdk/client-cloudwatch";
import type { ExtraChart, LeftOut, NamedMetric } from "@headgate/core";
import type { MonitoringAccess } from "./parts.ts";

/** Whether anything was published under exactly these names in the last two weeks. */
export type Published = (metric: NamedMetric) => Promise<boolean>;

const MOST_PAGES = 10;

/** Source: AWS docs, API_ListMetrics: what had data in the past two weeks; new ones take up to 15 minutes. */
export function publishedIn({ clients, run }: MonitoringAccess): Published {
  return async ({ namespace, metricName, dimensions }) => {
    const cloudWatch = await clients.cloudWatch();
    const wanted = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
    let NextToken: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const input = {
        Namespace: namespace,
        MetricName: metricName,
        Dimensions: wanted,
        NextToken,
      };
      const answer = await run(
        { action: "cloudwatch:ListMetrics", subject: `metric ${namespace} ${metricName}` },
        (abortSignal) => cloudWatch.listMetrics(input, { abortSignal }),
      );
      // The filter also finds metrics with further dimensions, which are others.
      const isSame = ({ Dimensions = [] }: Metric) => Dimensions.length === wanted.length;
      if ((answer.Metrics ?? []).some(isSame)) return true;
      NextToken = answer.NextToken;
      if (NextToken === undefined) return false;
    }
    return false;
  };
}

/** The charts with the lines that have data, and what has none. */
export async function withData(
  extras: readonly ExtraChart[],
  published: Published,
): Promise<{ readonly extras: readonly ExtraChart[]; readonly leftOut: readonly LeftOut[] }> {
  const kept: ExtraChart[] = [];
  const leftOut: LeftOut[] = [];
  for (const { title, lines } of extras) {
    const looked = await Promise.all(
      lines.map(async (line) => ({ line, isThere: await published(line.metric) })),
    );
    const isAnyThere = looked.some(({ isThere }) => isThere);
    const isKept = ({ line, isThere }: (typeof looked)[number]) =>
      isThere || (isAnyThere && line.isSure === true);
    const silent = looked.filter((one) => !isKept(one)).map(({ line }) => line);
    if (isAnyThere) kept.push({ title, lines: looked.filter(isKept).map(({ line }) => line) });
    if (silent.length > 0) leftOut.push(leftOutOf(title, silent, !isAnyThere));
  }
  return { extras: kept, leftOut };
}

function leftOutOf(title: string, silent: ExtraChart["lines"], isWhole: boolean): LeftOut {
  const names = [
    ...new Set(silent.map(({ metric }) => `${metric.namespace} ${metric.metricName}`)),
  ];
  const what = isWhole ? title : `${title}: ${silent.map(({ label }) => label).join(", ")}`;
  return { what, why: `nothing in the last two weeks of ${names.join(", ")}` };
}
