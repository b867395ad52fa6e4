import type { Metric } from "@aws-sdk/client-cloudwatch";
import { dimensionValue, odd, oneVersion, right, wrong } from "./scope.ts";
import type { Scope, ScopeOf, ScopeVersions } from "./scope.ts";
import { dimensionNames } from "./watched-metric.ts";

export interface LambdaTarget {
  readonly functionName: string;
  readonly alias: string;
}

/**
 * The sets of dimensions under which Lambda publishes what callers cause. Resource is the function, or
 * the function with a version or an alias; ExecutedVersion is there for calls through an alias alone.
 * Source: AWS docs, "Types of metrics for Lambda functions", dimensions.
 */
const PUBLISHED = new Set([
  "",
  "FunctionName",
  "FunctionName, Resource",
  "ExecutedVersion, FunctionName, Resource",
]);

/** Of other namespaces we do not know what their dimensions mean: they count as right. */
export function lambdaScope(target: LambdaTarget): ScopeOf {
  return (metric, versions) => scopeIn(metric, target, versions);
}

function scopeIn(metric: Metric, target: LambdaTarget, versions: ScopeVersions): Scope {
  if (metric.Namespace !== "AWS/Lambda") return right("");
  const names = dimensionNames(metric);
  // Spelled as in an alarm, whether the specification has a name or an ARN.
  const functionName = target.functionName.split(":").at(-1) ?? "";
  const resource = `${functionName}:${target.alias}`;
  const hint = `Give it the dimensions FunctionName=${functionName}, Resource=${resource}.`;
  if (!PUBLISHED.has(names)) {
    return wrong(`Lambda publishes nothing under the dimensions ${names}`, hint);
  }
  const watched = dimensionValue(metric, "FunctionName");
  if (watched === undefined) return odd("it watches all functions of the account");
  if (watched !== functionName) return wrong(`it watches function ${watched}`, hint);
  const watchedResource = dimensionValue(metric, "Resource");
  if (watchedResource === undefined) return right("the whole function");
  if (watchedResource !== resource) {
    const what = `its Resource is ${watchedResource}, and traffic through the alias counts under ${resource}`;
    return wrong(what, hint);
  }
  return versionScope(dimensionValue(metric, "ExecutedVersion"), versions);
}

function versionScope(version: string | undefined, { stable, canary }: ScopeVersions): Scope {
  if (version === undefined) return right("this alias");
  if (version === canary) return right("the canary");
  const hint =
    "Leave its dimension ExecutedVersion out: the canary's number changes with every release.";
  if (canary !== undefined) {
    return oneVersion(
      `it watches version ${version} alone, and the canary is version ${canary}`,
      hint,
    );
  }
  if (version === stable) {
    return oneVersion(`it watches version ${version} alone, the one that serves now`, hint);
  }
  return odd(`it watches version ${version} alone: right only if the canary gets that number`);
}

/**
 * Metrics that Lambda reports with every call, 0 included: their silence means that there was no call.
 * Unverified: that Errors comes as 0; AWS docs say that Errors and Invocations together give a rate.
 */
const WITH_EVERY_CALL = new Set(["Invocations", "Errors", "Duration"]);

/** Whether silence of this metric can be good news: a count of failures that is only sent when there are any. */
export function isSparse({ Namespace, MetricName = "" }: Metric): boolean {
  return Namespace !== "AWS/Lambda" || !WITH_EVERY_CALL.has(MetricName);
}
