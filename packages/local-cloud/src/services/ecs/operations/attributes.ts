import { AwsError } from "../../../aws-error.ts";
import { requireCluster } from "../lookups.ts";
import type { Ecs } from "../parts.ts";
import type { EcsHandlers } from "../sdk.ts";

/** Attributes are those of container instances, of which there are none. */
export function attributeOperations(ecs: Ecs) {
  // Unverified: the text.
  const noTarget = () =>
    new AwsError("TargetNotFoundException", "The specified target wasn't found.", { status: 400 });
  return {
    PutAttributes(input, context) {
      requireCluster(ecs.in(context), input.cluster);
      throw noTarget();
    },

    DeleteAttributes(input, context) {
      requireCluster(ecs.in(context), input.cluster);
      throw noTarget();
    },

    ListAttributes(input, context) {
      requireCluster(ecs.in(context), input.cluster);
      return { attributes: [] };
    },
  } satisfies EcsHandlers;
}
