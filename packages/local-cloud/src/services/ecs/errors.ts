import { AwsError } from "../../aws-error.ts";

/*
 * Codes: botocore ecs 2014-11-13 model; all of them are 400. Texts are those that AWS is widely quoted with
 * (moto's tests, issues of terraform-provider-aws, aws-cdk and aws/containers-roadmap); what has none says so.
 */

function failure(code: string, message: string) {
  return new AwsError(code, message, { status: 400 });
}

export const clusterNotFound = () => failure("ClusterNotFoundException", "Cluster not found.");

export const clusterInactive = () =>
  failure("ClusterNotFoundException", "The referenced cluster was inactive.");

export const clusterContainsServices = () =>
  failure(
    "ClusterContainsServicesException",
    "The Cluster cannot be deleted while Services are active.",
  );

export const clusterContainsTasks = () =>
  failure("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.");

export const serviceNotFound = () => failure("ServiceNotFoundException", "Service not found.");

export const serviceNotActive = () =>
  failure("ServiceNotActiveException", "Service was not ACTIVE.");

export const taskSetNotFound = () =>
  failure("TaskSetNotFoundException", "The specified task set does not exist.");

/** Where a task definition is used. */
export const taskDefinitionNotFound = () => failure("ClientException", "TaskDefinition not found.");

export const taskDefinitionInactive = () =>
  failure("ClientException", "TaskDefinition is inactive");

/** By DescribeTaskDefinition alone. */
export const taskDefinitionUndescribable = () =>
  failure("ClientException", "Unable to describe task definition.");

export const taskNotFound = () =>
  failure("InvalidParameterException", "The referenced task was not found.");

export const client = (message: string) => failure("ClientException", message);

export const invalid = (message: string) => failure("InvalidParameterException", message);

export const unsupported = (message: string) => failure("UnsupportedFeatureException", message);

export const platformUnknown = () =>
  failure("PlatformUnknownException", "The specified platform does not exist.");

/** Unverified: the text. */
export const badToken = () => invalid("Invalid token.");

/**
 * Source: AWS answers quoted in aws/aws-cdk and terraform-provider-aws issues, for RunTask and in events of
 * services.
 */
export const roleNotAssumable = (roleArn: string) =>
  failure(
    "ClientException",
    `ECS was unable to assume the role '${roleArn}' that was provided for this task. Please verify that the role being ` +
      `passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`,
  );
