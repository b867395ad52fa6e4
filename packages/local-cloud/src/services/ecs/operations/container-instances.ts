import { clusterNotFound } from "../errors.ts";
import { findCluster, requireCluster } from "../lookups.ts";
import type { Ecs } from "../parts.ts";
import type { EcsHandlers } from "../sdk.ts";

/** There are no instances: every task runs as on Fargate. */
export function containerInstanceOperations(ecs: Ecs) {
  return {
    ListContainerInstances(input, context) {
      requireCluster(ecs.in(context), input.cluster);
      return { containerInstanceArns: [] };
    },

    DescribeContainerInstances(input, context) {
      if (findCluster(ecs.in(context), input.cluster) === undefined) throw clusterNotFound();
      const failures = (input.containerInstances ?? []).map((arn) => ({ arn, reason: "MISSING" }));
      return { containerInstances: [], failures };
    },
  } satisfies EcsHandlers;
}
