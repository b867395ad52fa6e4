import type { Metric } from "@aws-sdk/client-cloudwatch";
import { dimensionValue, odd, right, type Scope, type ScopeOf, wrong } from "./scope.ts";
import { dimensionNames } from "./watched-metric.ts";

/** API Gateway names an API by its name in metrics, never by its id. */
interface StageTarget {
  /** As the specification has it: an id or a name. An alarm can only be judged against a name. */
  readonly api: string;
  readonly stage: string;
}

/** Source: AWS docs, api-gateway-metrics-and-dimensions; the last one with detailed metrics only. */
const PUBLISHED = new Set(["ApiName", "ApiName, Stage", "ApiName, Method, Resource, Stage"]);

/** Of other namespaces we do not know what their dimensions mean: they count as right. */
export function apiGatewayScope(target: StageTarget): ScopeOf {
  return (metric) => scopeIn(metric, target);
}

function scopeIn(metric: Metric, { api, stage }: StageTarget): Scope {
  if (metric.Namespace !== "AWS/ApiGateway") return right("");
  const names = dimensionNames(metric);
  const isId = /^[a-z0-9]{10}$/.test(api);
  const hint = `Give it the dimensions ApiName=${isId ? "<the API's name>" : api}, Stage=${stage}.`;
  // HTTP and WebSocket APIs count under ApiId: a REST API never does.
  if (!PUBLISHED.has(names)) {
    const under = names === "" ? "no dimensions" : `the dimensions ${names}`;
    return wrong(`API Gateway publishes nothing of a REST API under ${under}`, hint);
  }
  const watchedApi = dimensionValue(metric, "ApiName");
  if (!isId && watchedApi !== api) return wrong(`it watches API ${watchedApi}`, hint);
  const watchedStage = dimensionValue(metric, "Stage");
  if (watchedStage === undefined) return odd("it watches all stages of the API");
  if (watchedStage === stage) return right("this stage");
  // Unverified: that a canary's share counts under this name; no document has it.
  if (watchedStage === `${stage}/Canary`) {
    return odd("it watches the canary's own metrics, which AWS does not document");
  }
  return wrong(`it watches stage ${watchedStage}`, hint);
}
