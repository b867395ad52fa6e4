import type { BlueGreenDeploymentConfiguration } from "@aws-sdk/client-codedeploy";
import { refused } from "../errors.ts";
import { WAIT_MAX_MINUTES } from "../limits.ts";

/** The blue/green options of a service's group. Source of the texts without a mark: quoted answers of AWS. */
export function checkBlueGreen(configuration: BlueGreenDeploymentConfiguration | undefined): void {
  if (configuration === undefined) {
    throw invalid("For ECS deployment group, blueGreenDeploymentConfiguration must be specified");
  }
  const {
    terminateBlueInstancesOnDeploymentSuccess: termination,
    deploymentReadyOption: ready,
    greenFleetProvisioningOption: provisioning,
  } = configuration;
  if (provisioning !== undefined) {
    // Unverified: the text.
    throw invalid("For ECS deployment group, greenFleetProvisioningOption can not be specified");
  }
  checkReady(ready);
  if (termination === undefined) return;
  if (termination.action === "KEEP_ALIVE") {
    // Unverified: the text. Source of the rule: public issues.
    throw invalid("For ECS deployment group, the action on the blue instances must be TERMINATE");
  }
  const minutes = termination.terminationWaitTimeInMinutes ?? 0;
  if (minutes > WAIT_MAX_MINUTES) {
    throw invalid("Timeout for instance termination cannot be more than 2 days");
  }
  // Unverified: the text.
  if (minutes < 0) throw invalid("Timeout for instance termination cannot be negative");
}

function checkReady(ready: BlueGreenDeploymentConfiguration["deploymentReadyOption"]): void {
  if (ready === undefined) {
    throw invalid("Deployment ready option cannot be null for blue green deployment");
  }
  const { actionOnTimeout, waitTimeInMinutes: minutes = 0 } = ready;
  if (actionOnTimeout === "CONTINUE_DEPLOYMENT" && minutes !== 0) {
    throw invalid(
      "Deployment ready action cannot be set to 'CONTINUE_DEPLOYMENT' when timeout is specified",
    );
  }
  if (actionOnTimeout === "STOP_DEPLOYMENT" && minutes <= 0) {
    throw invalid(
      "Deployment ready action cannot be set to STOP_DEPLOYMENT when timeout is set to 0 minutes.",
    );
  }
  if (minutes > WAIT_MAX_MINUTES) {
    // Unverified: the text.
    throw invalid("Timeout for deployment ready cannot be more than 2 days");
  }
}

function invalid(message: string) {
  return refused("InvalidBlueGreenDeploymentConfigurationException", message);
}
