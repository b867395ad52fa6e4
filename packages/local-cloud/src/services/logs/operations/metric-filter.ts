import type { Cloud } from "../../../service.ts";
import type { LogGroup, MetricFilter } from "../../../telemetry/log-records.ts";
import { pageOf } from "../../paging.ts";
import { badToken, invalidParameter, limitExceeded, noMetricFilter } from "../errors.ts";
import { METRIC_FILTERS_MAX, PAGE_ITEMS_MAX } from "../limits.ts";
import { existingGroup } from "../log-group-name.ts";
import type { LogsHandlers, LogsInput } from "../sdk.ts";
import { checkedPattern } from "./read-log-events.ts";

/** The log store applies the filters to every event it gets. */
export function metricFilterOperations({ logs, clock }: Cloud) {
  return {
    PutMetricFilter(input, context) {
      const group = existingGroup(logs, context, input.logGroupName);
      checkedPattern(input.filterPattern ?? "");
      const filter = metricFilterOf(input, clock.nowMs());
      const others = group.metricFilters.filter(({ name }) => name !== filter.name);
      if (others.length >= METRIC_FILTERS_MAX) throw limitExceeded();
      logs.putGroup(context, { ...group, metricFilters: [...others, filter] });
      return {};
    },

    DescribeMetricFilters(input, context) {
      const groups =
        input.logGroupName === undefined
          ? logs.groups(context)
          : [existingGroup(logs, context, input.logGroupName)];
      const page = pageOf(matchingFilters(groups, input), {
        keyOf: (row) => `${row.filterName} ${row.logGroupName}`,
        token: input.nextToken,
        limit: input.limit ?? PAGE_ITEMS_MAX,
        badToken,
      });
      return { metricFilters: page.items, nextToken: page.nextToken };
    },

    DeleteMetricFilter(input, context) {
      const group = existingGroup(logs, context, input.logGroupName);
      const metricFilters = group.metricFilters.filter(({ name }) => name !== input.filterName);
      if (metricFilters.length === group.metricFilters.length) throw noMetricFilter();
      logs.putGroup(context, { ...group, metricFilters });
      return {};
    },

    TestMetricFilter(input) {
      const pattern = checkedPattern(input.filterPattern ?? "");
      const selectors = (input.filterPattern ?? "").match(/\$[\w.[\]*"]+/g) ?? [];
      const matches = (input.logEventMessages ?? []).flatMap((eventMessage, index) => {
        const fields = pattern.match(eventMessage);
        if (fields === undefined) return [];
        const found = selectors.map((selector) => [selector, fields(selector) ?? ""] as const);
        const extractedValues: Record<string, string> = Object.fromEntries(found);
        return [{ eventNumber: index + 1, eventMessage, extractedValues }];
      });
      return { matches };
    },
  } satisfies LogsHandlers;
}

function metricFilterOf(input: LogsInput<"PutMetricFilter">, nowMs: number): MetricFilter {
  return {
    name: input.filterName ?? "",
    pattern: input.filterPattern ?? "",
    createdAtMs: nowMs,
    transformations: (input.metricTransformations ?? []).map((wanted) => {
      const { defaultValue, dimensions } = wanted;
      if (defaultValue !== undefined && Object.keys(dimensions ?? {}).length > 0) {
        throw invalidParameter(
          "Invalid metric transformation: dimensions and default value are mutually exclusive properties.",
        );
      }
      return {
        metricName: wanted.metricName ?? "",
        metricNamespace: wanted.metricNamespace ?? "",
        metricValue: wanted.metricValue ?? "",
        defaultValue,
        dimensions,
        unit: wanted.unit,
      };
    }),
  };
}

function matchingFilters(groups: readonly LogGroup[], input: LogsInput<"DescribeMetricFilters">) {
  const { filterNamePrefix: prefix = "", metricName, metricNamespace } = input;
  const rows = groups.flatMap((group) =>
    group.metricFilters
      .filter(
        ({ name, transformations }) =>
          name.startsWith(prefix) &&
          transformations.some(
            (one) =>
              (metricName === undefined || one.metricName === metricName) &&
              (metricNamespace === undefined || one.metricNamespace === metricNamespace),
          ),
      )
      .map((filter) => describeFilter(group.name, filter)),
  );
  return rows.sort((a, b) => (a.filterName < b.filterName ? -1 : 1));
}

function describeFilter(logGroupName: string, filter: MetricFilter) {
  return {
    filterName: filter.name,
    filterPattern: filter.pattern,
    logGroupName,
    creationTime: filter.createdAtMs,
    metricTransformations: filter.transformations.map(({ dimensions, unit, ...rest }) => ({
      ...rest,
      ...(dimensions === undefined ? {} : { dimensions: { ...dimensions } }),
      ...(unit === undefined ? {} : { unit: unit as StandardUnit }),
    })),
  };
}

type StandardUnit = NonNullable<
  NonNullable<LogsInput<"PutMetricFilter">["metricTransformations"]>[number]["unit"]
>;
