import type { CapacityProviderStrategyItem } from "@aws-sdk/client-ecs";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { lastPart } from "../arns.ts";
import { invalid } from "../errors.ts";
import type { EcsHandlers } from "../sdk.ts";

/** Those that AWS makes; others need instances. */
const PROVIDERS = ["FARGATE", "FARGATE_SPOT"];

export function capacityProviderOperations() {
  return {
    DescribeCapacityProviders(input, context) {
      const wanted = input.capacityProviders ?? PROVIDERS;
      const known = wanted.filter((name) => PROVIDERS.includes(lastPart(name)));
      const unknown = wanted.filter((name) => !PROVIDERS.includes(lastPart(name)));
      return {
        capacityProviders: known.map((name) => ({
          capacityProviderArn: providerArn(context, lastPart(name)),
          name: lastPart(name),
          status: "ACTIVE" as const,
          tags: [],
        })),
        failures: unknown.map((name) => ({
          arn: providerArn(context, lastPart(name)),
          reason: "MISSING",
        })),
      };
    },
  } satisfies EcsHandlers;
}

function providerArn({ account, region }: Place, name: string): string {
  return `arn:aws:ecs:${region}:${account}:capacity-provider/${name}`;
}

/** @throws InvalidParameterException. Source of the first text: moto's ecs tests; of the second: Unverified. */
export function checkProviders(
  providers: readonly string[],
  strategy: readonly CapacityProviderStrategyItem[] | undefined,
): void {
  if (providers.some((name) => !PROVIDERS.includes(name))) {
    throw invalid(
      "The specified capacity provider was not found. Specify a valid name or ARN and try again.",
    );
  }
  const strangers = (strategy ?? []).filter(
    ({ capacityProvider = "" }) => !providers.includes(capacityProvider),
  );
  if (strangers.length > 0) {
    throw invalid(
      "The specified default capacity provider strategy contains a capacity provider that is not associated with the cluster. Specify a valid capacity provider and try again.",
    );
  }
}
