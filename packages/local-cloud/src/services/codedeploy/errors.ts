import { AwsError } from "../../aws-error.ts";

// Statuses come from the shapes. Texts without a mark are AWS's, as its documentation or public issues quote them.

/** An error whose text is AWS's, or is explained where it is thrown. */
export function refused(code: string, message: string): AwsError {
  return new AwsError(code, message);
}

export function noSuchApplication(name: string): AwsError {
  return refused("ApplicationDoesNotExistException", `No application found for name: ${name}`);
}

export function applicationNameRequired(): AwsError {
  // Unverified: the text.
  return refused("ApplicationNameRequiredException", "Application name is required");
}

export function applicationExists(name: string): AwsError {
  return refused("ApplicationAlreadyExistsException", `Application already exists: ${name}`);
}

export function noSuchGroup(name: string): AwsError {
  return refused(
    "DeploymentGroupDoesNotExistException",
    `No Deployment Group found for name: ${name}`,
  );
}

/** Unverified: the text. */
export function groupExists(name: string): AwsError {
  return refused(
    "DeploymentGroupAlreadyExistsException",
    `Deployment group already exists: ${name}`,
  );
}

export function groupNameRequired(): AwsError {
  // Unverified: the text.
  return refused("DeploymentGroupNameRequiredException", "Deployment group name is required");
}

export function noSuchConfig(name: string): AwsError {
  return refused(
    "DeploymentConfigDoesNotExistException",
    `No Deployment Config found for name: ${name}`,
  );
}

/** Unverified: the text. */
export function noSuchRevision(): AwsError {
  return refused("RevisionDoesNotExistException", "No revision found for the given location");
}

export function revisionRequired(): AwsError {
  return refused("RevisionRequiredException", "RevisionLocation must be specified");
}

export function invalidRevision(message: string): AwsError {
  return refused("InvalidRevisionException", message);
}

/** Unverified: the text. */
export function noSuchDeployment(id: string): AwsError {
  return refused("DeploymentDoesNotExistException", `The deployment ${id} could not be found`);
}

/** Unverified: the text. */
export function invalidDeploymentId(id: string): AwsError {
  return refused(
    "InvalidDeploymentIdException",
    `Specified DeploymentId is not in the valid format: ${id}`,
  );
}

export function deploymentIdRequired(): AwsError {
  // Unverified: the text.
  return refused("DeploymentIdRequiredException", "Deployment ID is required");
}

export function groupIsDeploying(groupName: string, deploymentId: string): AwsError {
  return refused(
    "DeploymentLimitExceededException",
    `The Deployment Group '${groupName}' already has an active Deployment '${deploymentId}'`,
  );
}

/** Unverified: the text. */
export function alreadyCompleted(id: string): AwsError {
  return refused(
    "DeploymentAlreadyCompletedException",
    `Deployment ${id} is already in a terminal state`,
  );
}

/** Unverified: the text. */
export function notStarted(id: string): AwsError {
  return refused("DeploymentNotStartedException", `Deployment ${id} has not started`);
}

/** Unverified: the text. */
export function unsupportedAction(id: string, platform: string): AwsError {
  return refused(
    "UnsupportedActionForDeploymentTypeException",
    `This action is not supported for deployment ${id} of compute platform ${platform}`,
  );
}

export function invalidRole(roleArn: string): AwsError {
  return refused(
    "InvalidRoleException",
    `AWS CodeDeploy does not have the permissions required to assume the role ${roleArn}.`,
  );
}

/** Unverified: the text. */
export function invalidNextToken(): AwsError {
  return refused("InvalidNextTokenException", "The next token is invalid");
}

/** Unverified: the text. */
export function tooManyInBatch(what: string, most: number): AwsError {
  return refused(
    "BatchLimitExceededException",
    `The maximum number of ${what} in one request is ${most}`,
  );
}
