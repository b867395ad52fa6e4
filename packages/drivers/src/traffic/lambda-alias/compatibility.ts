import type { FunctionConfiguration } from "@aws-sdk/client-lambda";

/**
 * Why one alias cannot route to both versions, or undefined. Lambda requires the same execution role
 * and the same dead-letter queue (or none). Source: AWS docs, configuration-aliases.
 */
export function incompatibility(
  stable: FunctionConfiguration,
  canary: FunctionConfiguration,
): string | undefined {
  if (stable.Role !== canary.Role) {
    return `stable runs with role ${stable.Role ?? "none"}, the canary with ${canary.Role ?? "none"}`;
  }
  const [before, after] = [stable, canary].map(
    ({ DeadLetterConfig }) => DeadLetterConfig?.TargetArn ?? "none",
  );
  return before === after
    ? undefined
    : `stable has dead-letter queue ${before}, the canary ${after}`;
}

export const INCOMPATIBLE_HINT =
  "Lambda splits an alias only between versions with one role and one dead-letter queue: change those first, at once, with no canary.";
