import type { NamedMetric } from "../contracts/metric-source.ts";
import type { MonitoredArm, Term } from "./monitored.ts";

/** One row of an alarm's or a widget's metrics: a metric to read, or an expression over the ids of others. */
export type MathRow =
  | {
      readonly kind: "metric";
      readonly id: string;
      readonly metric: NamedMetric;
      readonly statistic: string;
      /** Only an input of expressions when there is none. */
      readonly label?: string;
    }
  | {
      readonly kind: "expression";
      readonly id: string;
      readonly expression: string;
      readonly label?: string;
    };

/** The sums that an arm's counts rest on, and the expressions over them. */
export interface CountedArm {
  readonly requestRows: readonly MathRow[];
  readonly errorRows: readonly MathRow[];
  /** Of an arm with one count its gaps are left: no traffic is then no data, and alarms take that for good. */
  readonly requests: string;
  /** 0 where there is no data, so that a line is drawn. */
  readonly filledRequests: string;
  readonly errors: string;
}

/**
 * @param prefix of all ids, a small letter first, so that several arms go into one widget.
 */
export function countedArm(arm: MonitoredArm, prefix: string): CountedArm {
  const requests = sumOf(arm.requests, `${prefix}r`);
  const errors = sumOf(arm.errors, `${prefix}e`);
  const [only] = arm.requests;
  return {
    requestRows: requests.rows,
    errorRows: errors.rows,
    requests: arm.requests.length === 1 && only?.sign === 1 ? `${prefix}r0` : requests.expression,
    filledRequests: requests.expression,
    errors: errors.expression,
  };
}

/**
 * Counts are published when there is something to count, so gaps count as 0. Unverified: that FILL gives zeros
 * too where a metric has no data at all in the range; AWS documents gaps only. Without zeros the expression has no
 * data, and our alarms take that for good.
 */
function sumOf(terms: readonly Term[], prefix: string) {
  const rows = terms.map(({ metric }, index): MathRow => ({
    kind: "metric",
    id: `${prefix}${index}`,
    metric,
    statistic: "Sum",
  }));
  const parts = terms.map(({ sign }, index) => {
    const mark = sign === -1 ? " - " : index === 0 ? "" : " + ";
    return `${mark}FILL(${prefix}${index}, 0)`;
  });
  return { rows, expression: parts.join("") };
}
