import { type CounterDefinition, undivided } from "./counter-definition.ts";

/**
 * Versions of an API Gateway stage, by the id of their deployment. API Gateway itself counts by the stage
 * and not by the deployment, and no document names a dimension for the canary's share (Unverified: "stage/Canary"
 * as the value of Stage). What does tell them apart is the access log: a format with $context.deploymentId,
 * $context.status and $context.responseLatency, and three metric filters on its log group with the dimension
 * DeploymentId that publish 1 for each request, 1 for each 5xx, and the latency. They count by the minute.
 * Source: AWS docs, set-up-logging ($context variables), FilterAndPatternSyntaxForMetricFilters (dimensions).
 */
export function apiGatewayDeploymentCounters(parts: {
  /** Of the metric filters. */
  readonly namespace: string;
  readonly apiName: string;
  readonly stage: string;
}): CounterDefinition {
  return {
    countedBy: "router",
    namespace: parts.namespace,
    requests: "Requests",
    errors: ["Errors"],
    latency: { metricName: "Latency", unitMs: 1 },
    armsOf: (deploymentId) => undivided({ DeploymentId: deploymentId }),
    // Source: AWS docs, api-gateway-metrics-and-dimensions.
    traffic: [
      {
        namespace: "AWS/ApiGateway",
        requests: "Count",
        errors: ["5XXError"],
        dimensions: { ApiName: parts.apiName, Stage: parts.stage },
      },
    ],
  };
}
