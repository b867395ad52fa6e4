import { invalidParameterCombination, invalidParameterValue, missingParameter } from "./errors.ts";
import {
  MAX_DATUM_AGE_MS,
  MAX_DATUM_AHEAD_MS,
  MAX_DATUM_VALUE,
  MAX_VALUES_PER_METRIC,
} from "./limits.ts";
import type { CloudWatchInput } from "./sdk.ts";

/** The wire's MetricDatum. */
export type Datum = NonNullable<CloudWatchInput<"PutMetricData">["MetricData"]>[number];

/**
 * Refuses a datum as AWS does. `number` counts from 1.
 * Source: recorded AWS answers (LocalStack snapshot test_put_metric_data_validation; moto).
 */
export function checkDatum(datum: Datum, number: number, nowMs: number): void {
  const name = `MetricData.member.${number}`;
  checkParts(datum, name);
  for (const value of valuesOf(datum)) checkValue(value.value, `${name}.${value.parameter}`);
  for (const count of datum.Counts ?? []) {
    if (!(count > 0)) throw invalidValue(count, `${name}.Counts`);
  }
  checkSet(datum.StatisticValues, name);
  checkTime(datum.Timestamp, name, nowMs);
  const resolution = datum.StorageResolution ?? 60;
  if (resolution !== 1 && resolution !== 60) {
    throw invalidValue(resolution, `${name}.StorageResolution`);
  }
}

function checkParts(datum: Datum, name: string): void {
  const { Value, Values, Counts, StatisticValues } = datum;
  const exclusive = (one: string, other: string) =>
    invalidParameterCombination(
      `The parameters ${name}.${one} and ${name}.${other} are mutually exclusive and you have specified both.`,
    );
  if (Value !== undefined && Values !== undefined) throw exclusive("Value", "Values");
  if (Value !== undefined && StatisticValues !== undefined) {
    throw exclusive("Value", "StatisticValues");
  }
  if (Values !== undefined && StatisticValues !== undefined) {
    throw exclusive("Values", "StatisticValues");
  }
  if (Value === undefined && (Values ?? []).length === 0 && StatisticValues === undefined) {
    throw missingParameter("At least one of the parameters must be specified.");
  }
  if (Counts !== undefined && Counts.length !== (Values ?? []).length) {
    throw invalidParameterValue(
      `The parameters ${name}.Values and ${name}.Counts must be of the same size.`,
    );
  }
  if ((Values ?? []).length > MAX_VALUES_PER_METRIC) {
    throw invalidParameterValue(
      `The collection ${name}.Values must not have a size greater than ${MAX_VALUES_PER_METRIC}.`,
    );
  }
}

function valuesOf(datum: Datum): { parameter: string; value: number }[] {
  const set = Object.entries(datum.StatisticValues ?? {}).map(([key, value]) => ({
    parameter: `StatisticValues.${key}`,
    value: value ?? Number.NaN,
  }));
  const many = (datum.Values ?? []).map((value) => ({ parameter: "Values", value }));
  const one = datum.Value === undefined ? [] : [{ parameter: "Value", value: datum.Value }];
  return [...one, ...many, ...set];
}

function checkValue(value: number, parameter: string): void {
  if (!(Math.abs(value) <= MAX_DATUM_VALUE)) throw invalidValue(value, parameter);
}

function checkSet(set: Datum["StatisticValues"], name: string): void {
  if (set === undefined) return;
  const { SampleCount = 0, Minimum = 0, Maximum = 0 } = set;
  if (!(SampleCount > 0)) throw invalidValue(SampleCount, `${name}.StatisticValues.SampleCount`);
  if (Minimum > Maximum) {
    // Unverified: the text.
    throw invalidParameterValue(
      `The parameter ${name}.StatisticValues.Maximum must be greater than or equal to ${name}.StatisticValues.Minimum.`,
    );
  }
}

/** Unverified: the second text; the first is quoted in public issues. */
function checkTime(timestamp: Date | undefined, name: string, nowMs: number): void {
  const aheadMs = (timestamp?.getTime() ?? nowMs) - nowMs;
  if (aheadMs < -MAX_DATUM_AGE_MS) {
    throw invalidParameterValue(
      `The parameter ${name}.Timestamp must specify a time no more than two weeks in the past.`,
    );
  }
  if (aheadMs > MAX_DATUM_AHEAD_MS) {
    throw invalidParameterValue(
      `The parameter ${name}.Timestamp must specify a time no more than two hours in the future.`,
    );
  }
}

function invalidValue(value: number, parameter: string): Error {
  return invalidParameterValue(`The value ${value} for parameter ${parameter} is invalid.`);
}
