import type { MonitoredTarget } from "@headgate/core";
import type { CounterDefinition } from "../metrics/counter-definition.ts";
import { functionsBehind } from "../traffic/api-gateway-stage/functions-behind.ts";
import { stageApi } from "../traffic/api-gateway-stage/stage-api.ts";
import { armOf, type MonitoringAccess } from "./parts.ts";
import type { Published } from "./published.ts";

/** Source: AWS docs, api-gateway-metrics-and-dimensions. */
const STAGE: Omit<CounterDefinition, "armsOf" | "traffic"> = {
  countedBy: "router",
  namespace: "AWS/ApiGateway",
  requests: "Count",
  errors: ["5XXError"],
  latency: { metricName: "Latency", unitMs: 1 },
};

/** How many functions behind an API are drawn. Ours: a chart with more lines cannot be read. */
const MOST_FUNCTIONS = 10;

/**
 * The stage as a whole, and the canary's share where API Gateway turns out to publish it. Unverified: that it does so
 * under Stage="stage/Canary"; no document says it, so it is only taken where it is found.
 */
export async function apiGatewayTarget(
  access: MonitoringAccess,
  target: { readonly api: string; readonly stage: string },
  published: Published,
): Promise<Omit<MonitoredTarget, "name" | "chartsLeftOut">> {
  const api = stageApi({ ...access, ...target });
  const [{ name = target.api }, stage, definition] = await Promise.all([
    api.restApi(),
    api.getStage(),
    api.definition(),
  ]);
  const ofStage = (Stage: string) => ({ ApiName: name, Stage });
  const canary = ofStage(`${target.stage}/Canary`);
  const counters = { ...STAGE, armsOf: () => [], traffic: [] };
  const isCanaryThere = await published({
    namespace: STAGE.namespace,
    metricName: STAGE.requests,
    dimensions: canary,
  });
  const { functions } = functionsBehind(definition.resources, stage);
  const names = [
    ...new Set(functions.map(({ functionName }) => functionName.split(":").at(-1) ?? "")),
  ].slice(0, MOST_FUNCTIONS);
  return {
    label: `apiGateway ${name}, stage ${target.stage}`,
    arms: [
      armOf(counters, {
        key: "all",
        label: `stage ${target.stage}`,
        added: [ofStage(target.stage)],
        isAlarmed: true,
      }),
      ...(isCanaryThere
        ? [
            armOf(counters, {
              key: "canary",
              label: "the canary's share",
              added: [canary],
              isAlarmed: true,
            }),
          ]
        : []),
    ],
    extras: names.map((functionName) => ({
      title: `function ${functionName}`,
      lines: ["Invocations", "Errors"].map((metricName) => ({
        label: metricName.toLowerCase(),
        metric: {
          namespace: "AWS/Lambda",
          metricName,
          dimensions: { FunctionName: functionName },
        },
        statistic: "Sum",
      })),
    })),
    leftOut: isCanaryThere ? [] : [{ what: "the canary's share", why: NO_CANARY_METRICS }],
  };
}

const NO_CANARY_METRICS =
  'API Gateway has published nothing under Stage="<stage>/Canary" here in the last two weeks: it counts by the stage, and Headgate tells deployments apart by the access log';
