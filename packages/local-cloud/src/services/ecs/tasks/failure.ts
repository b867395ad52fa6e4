/** Why a task cannot start. The message is its `stoppedReason`, in AWS's words. */
export class TaskFailure extends Error {
  override readonly name = "TaskFailure";
}

/** Source: AWS docs, Stopped tasks error messages; issues of aws/containers-roadmap and terraform-provider-aws. */
const initialization = (what: string) => new TaskFailure(`ResourceInitializationError: ${what}`);

export const noAddress = (subnetId: string) =>
  new TaskFailure(
    `Unexpected EC2 error while attempting to Create Network Interface in subnet '${subnetId}': InsufficientFreeAddressesInSubnet`,
  );

export const logGroupMissing = () =>
  initialization(
    "failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1",
  );

export const secretMissing = (arn: string) =>
  initialization(
    `unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${arn} from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.`,
  );

export const parameterMissing = (name: string) =>
  initialization(
    `unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters: ${name}`,
  );

/** Ours: S3 is outside the local cloud. */
export const environmentFileOutside = (file: string) =>
  initialization(
    `failed to download env files: ${file}: environment files of S3 are outside the local cloud, use environment or secrets`,
  );

export const imageMissing = (reference: string) =>
  `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${reference}: ${reference}: not found`;
