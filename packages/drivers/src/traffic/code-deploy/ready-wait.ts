import type { DeploymentGroupInfo } from "@aws-sdk/client-codedeploy";

/** For how long CodeDeploy waits before traffic for somebody to continue; 0 when it does not. */
export function readyWaitMinutes({
  blueGreenDeploymentConfiguration,
}: DeploymentGroupInfo): number {
  const { actionOnTimeout, waitTimeInMinutes = 0 } =
    blueGreenDeploymentConfiguration?.deploymentReadyOption ?? {};
  return actionOnTimeout === "STOP_DEPLOYMENT" ? waitTimeInMinutes : 0;
}

export const READY_HINT =
  "Give it --blue-green-deployment-configuration with deploymentReadyOption={actionOnTimeout=STOP_DEPLOYMENT,waitTimeInMinutes=60}.";
