import { RolloutError, type VersionId } from "@headgate/core";
import { fetchText, shown, unreadable } from "./fetch-text.ts";
import { boundMs, patternOf, type PrometheusSpec, unitMsOf } from "./meters.ts";
import { type Exposition, FormatError, parseExposition, type Sample } from "./text-format.ts";

/** What a counter of one version counts towards. */
export type CounterKind = "request" | "error" | "bucket" | "sum";

/** One counter as a page shows it: it only ever rises, until its process starts anew. */
export interface Counter {
  /** The same for the same counter, on any page of the same URL. */
  readonly key: string;
  readonly version: VersionId;
  readonly kinds: readonly CounterKind[];
  /** Of a histogram's bucket. */
  readonly upToMs?: number;
  /** Milliseconds for a sum, counts otherwise. */
  readonly value: number;
}

/**
 * Reads one page of metrics.
 * @throws {RolloutError} METRICS_UNREADABLE: no answer, no such text, no label of the version.
 */
export async function readPage(
  url: URL,
  spec: PrometheusSpec,
): Promise<ReadonlyMap<string, Counter>> {
  const { status, text } = await fetchText(url);
  if (status !== 200) {
    throw unreadable(
      shown(url),
      `it answers ${status}`,
      "Open it: it should show metrics as text.",
    );
  }
  const page = exposed(url, text, spec);
  const isError = errorTest(spec.errorLabels);
  const counters = new Map<string, Counter>();
  for (const sample of page.samples) {
    const counter = counterOf(sample, spec, isError);
    if (counter === undefined) throw withoutVersion(url, sample, spec);
    counters.set(counter.key, counter);
  }
  checkNames(url, page, spec);
  return counters;
}

function exposed(url: URL, text: string, spec: PrometheusSpec): Exposition {
  const { requests, duration } = spec;
  const wanted = new Set([requests]);
  if (duration !== undefined) wanted.add(`${duration}_bucket`).add(`${duration}_sum`);
  try {
    return parseExposition(text, (name) => wanted.has(name));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw unreadable(
      shown(url),
      error.message,
      "It should show metrics in Prometheus's text format.",
    );
  }
}

function counterOf(
  { name, labels, value }: Sample,
  spec: PrometheusSpec,
  isError: (labels: ReadonlyMap<string, string>) => boolean,
): Counter | undefined {
  const version = labels.get(spec.versionLabel);
  if (version === undefined) return undefined;
  const sorted = [...labels].toSorted(([left], [right]) => (left < right ? -1 : 1));
  const counter = { key: JSON.stringify([name, sorted]), version, value };
  if (name === spec.requests) {
    return { ...counter, kinds: isError(labels) ? ["request", "error"] : ["request"] };
  }
  const unitMs = unitMsOf(spec.duration ?? "");
  if (name.endsWith("_sum")) return { ...counter, kinds: ["sum"], value: value * unitMs };
  const upToMs = boundMs(labels.get("le"), unitMs);
  return upToMs === undefined ? undefined : { ...counter, kinds: ["bucket"], upToMs };
}

/** All of the labels have to match. */
function errorTest(wanted: Readonly<Record<string, string>>) {
  const tests = Object.entries(wanted).map(([label, value]) => {
    const pattern = patternOf(value);
    const expression = pattern === undefined ? undefined : expressionFor(label, pattern);
    return (labels: ReadonlyMap<string, string>) => {
      const found = labels.get(label) ?? "";
      return expression === undefined ? found === value : expression.test(found);
    };
  });
  return (labels: ReadonlyMap<string, string>) => tests.every((test) => test(labels));
}

function expressionFor(label: string, pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch (cause) {
    throw new RolloutError(
      "SPEC_INVALID",
      `errorLabels.${label} is /${pattern}/, no regular expression`,
      {
        hint: 'Correct it under analysis.source.prometheus: for example "/5../".',
        cause,
      },
    );
  }
}

/** A counter with labels is not there before its first request, but most libraries declare it. */
function checkNames(url: URL, { names }: Exposition, { requests, duration }: PrometheusSpec): void {
  // OpenMetrics declares a counter without its _total.
  const isKnown = (name: string) => names.has(name) || names.has(name.replace(/_total$/, ""));
  for (const name of duration === undefined ? [requests] : [requests, duration]) {
    if (isKnown(name) || names.has(`${name}_bucket`)) continue;
    const some = [...names].slice(0, 20).join(", ") || "none at all";
    throw unreadable(
      shown(url),
      `it has no metric ${name}; it has ${some}`,
      "Name the metric of your requests under analysis.source.prometheus, or count one request first.",
    );
  }
}

function withoutVersion(url: URL, { name, labels }: Sample, { versionLabel }: PrometheusSpec) {
  const given = [...labels.keys()].join(", ") || "none";
  const missing = labels.has(versionLabel) ? "le that is a number" : versionLabel;
  return unreadable(
    shown(url),
    `${name} has no label ${missing}; it has the labels ${given}`,
    "Put the version into a label of the metric, and its name into versionLabel.",
  );
}
