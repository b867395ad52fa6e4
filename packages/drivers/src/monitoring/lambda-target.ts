import type { LiveRoute, MonitoredTarget } from "@headgate/core";
import { lambdaAliasCounters } from "../metrics/cloudwatch-lambda.ts";
import { armOf } from "./parts.ts";

/**
 * The alias as a whole, the version that serves, and all others together as what the alias counts and the one that
 * serves does not. A version's own number would be right in one release only: the others' count is right in
 * each, and becomes that of the whole alias when the release is promoted and nothing was put again.
 */
export function lambdaTarget(
  target: { readonly function: string; readonly alias: string },
  route: Pick<LiveRoute, "stable">,
): Omit<MonitoredTarget, "name" | "chartsLeftOut"> {
  // Metrics have the bare name, whether the specification has a name or an ARN.
  const functionName = target.function.split(":").at(-1) ?? "";
  const counters = lambdaAliasCounters({ functionName, alias: target.alias });
  const [all] = counters.traffic;
  const [serving] = counters.armsOf(route.stable);
  if (all === undefined || serving === undefined) throw new Error("an alias without counters");
  const arm = (places: Omit<Parameters<typeof armOf>[1], "isAlarmed">, isAlarmed = true) =>
    armOf(counters, { ...places, isAlarmed });
  return {
    label: `lambda ${functionName}:${target.alias}`,
    arms: [
      arm({ key: "all", label: "all versions", added: [all.dimensions] }),
      arm(
        {
          key: "stable",
          label: `version ${route.stable}`,
          added: [serving.dimensions],
        },
        false,
      ),
      arm({
        key: "canary",
        label: `versions other than ${route.stable}`,
        added: [all.dimensions],
        without: [serving.dimensions],
      }),
    ],
    extras: [
      {
        title: "throttles and concurrency",
        lines: [
          { label: "throttles", metric: named("Throttles", all.dimensions), statistic: "Sum" },
          {
            label: "concurrent executions",
            metric: named("ConcurrentExecutions", { FunctionName: functionName }),
            statistic: "Maximum",
          },
        ],
      },
    ],
    leftOut: [],
  };
}

function named(metricName: string, dimensions: Readonly<Record<string, string>>) {
  return { namespace: "AWS/Lambda", metricName, dimensions };
}
