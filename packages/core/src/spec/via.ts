import { z } from "zod";

import { strict } from "./strict.ts";

const name = z
  .string({ error: "a name of at most 100 characters" })
  .min(1, { error: "a name of at most 100 characters" })
  .max(100, { error: "a name of at most 100 characters" });

/**
 * Who moves the weights in Headgate's place. AWS CodeDeploy shifts by its deployment configuration, on its own clock;
 * the strategy says the same weights and times, and Headgate watches, stops and continues.
 */
export const via = strict({
  codeDeploy: strict({
    application: name,
    deploymentGroup: name,
    /** A deployment configuration in place of the group's own: "CodeDeployDefault.LambdaCanary10Percent5Minutes". */
    config: name.optional(),
  }),
});

type Via = z.output<typeof via>;

/** `target.lambda.via` or `target.ecs.via`; undefined where Headgate moves the weights itself. */
export function viaOf(target: {
  readonly lambda?: { readonly via?: Via | undefined } | undefined;
  readonly ecs?: { readonly via?: Via | undefined } | undefined;
}): Via | undefined {
  return target.lambda?.via ?? target.ecs?.via;
}
