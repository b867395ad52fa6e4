import type { HookCall, HookOutcome } from "@headgate/core";
import type { HooksOptions } from "./index.ts";

/** CloudWatch's names for the results of tests, as dashboards and alarms find them. */
export const VALIDATION_NAMESPACE = "Deployment/Validation";

const DEADLINE_MS = 5000;

/**
 * Counts a test's result as a metric: `PreDeploymentValidation` before the canary has traffic and
 * `PostDeploymentValidation` after it has all, by DeploymentType and Status. The result stands whether or not it
 * could be counted: a missing permission to write metrics must not fail a release.
 */
export async function countValidation(
  { clients, run, deploymentType }: HooksOptions,
  { input }: HookCall,
  { verdict }: HookOutcome,
): Promise<void> {
  try {
    const cloudWatch = await clients.cloudWatch();
    const metric = {
      MetricName:
        input.when === "afterTraffic" ? "PostDeploymentValidation" : "PreDeploymentValidation",
      Dimensions: [
        { Name: "DeploymentType", Value: deploymentType ?? "Unknown" },
        { Name: "Status", Value: verdict === "pass" ? "Success" : "Failure" },
      ],
      Value: 1,
      Unit: "Count" as const,
    };
    await run(
      { action: "cloudwatch:PutMetricData", subject: `metric ${VALIDATION_NAMESPACE}` },
      (abortSignal) =>
        cloudWatch.putMetricData(
          { Namespace: VALIDATION_NAMESPACE, MetricData: [metric] },
          { abortSignal },
        ),
      { deadlineMs: DEADLINE_MS },
    );
  } catch {
    // Best effort, as said above.
  }
}
