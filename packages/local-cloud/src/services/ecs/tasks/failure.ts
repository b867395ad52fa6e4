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

/**
 * What AWS's services answer to those who prepare a task, as its agent tells it.
 * Source: reasons of stopped tasks that users quote since 2025 (dify-self-hosted-on-aws#35 and aws/copilot-cli#4504 have
 * the older form, without the operation).
 *
 * @param call "ECR: GetAuthorizationToken"
 */
export const deniedCall = (call: string, requestId: string, message: string) =>
  `operation error ${call}, https response error StatusCode: 400, RequestID: ${requestId}, api error AccessDeniedException: ${message}`;

const execution = (what: string) =>
  initialization(
    `unable to pull secrets or registry auth: execution resource retrieval failed: ${what}`,
  );

export const registryDenied = (answer: string) =>
  execution(
    `unable to retrieve ecr registry auth: service call has been retried 1 time(s): ${answer}`,
  );

/** Ours: AWS refuses to register such a definition; of an image at the cloud's own address it cannot be told then. */
export const executionRoleMissing = (reference: string) =>
  execution(
    `unable to retrieve ecr registry auth: the task definition has no executionRoleArn to pull ${reference} with`,
  );

/** Where a log goes is made before its container starts. `what`: "stream" or "group". */
const logger = (what: string, answer: string) =>
  initialization(
    `failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log ${what}: ${answer} : exit status 1`,
  );

export const logStreamDenied = (answer: string) => logger("stream", answer);

/** Source: terraform-aws-modules/terraform-aws-ecs#145 and #313. */
export const logGroupDenied = (answer: string) => logger("group", answer);

export const logGroupMissing = () =>
  logger("stream", "ResourceNotFoundException: The specified log group does not exist.");

/** @param answer of Secrets Manager */
export const secretRefused = (arn: string, answer: string) =>
  execution(
    `unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${arn} from secrets manager: ${answer}`,
  );

export const secretMissing = (arn: string) =>
  secretRefused(arn, "ResourceNotFoundException: Secrets Manager can't find the specified secret.");

/** @param answer of Systems Manager */
export const parametersRefused = (answer: string) =>
  execution(
    `unable to retrieve secrets from ssm: service call has been retried 1 time(s): ${answer}`,
  );

export const parameterMissing = (name: string) => parametersRefused(`invalid parameters: ${name}`);

/** Ours: S3 is outside the local cloud. */
export const environmentFileOutside = (file: string) =>
  initialization(
    `failed to download env files: ${file}: environment files of S3 are outside the local cloud, use environment or secrets`,
  );

export const imageMissing = (reference: string) =>
  new TaskFailure(
    `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${reference}: ${reference}: not found`,
  );

/** The registry says no more than 403. Source: aws/aws-cdk#29876. */
export const manifestDenied = (reference: string) => {
  const { host, tag } = partsOf(reference);
  return new TaskFailure(
    `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${reference}: pulling from host ${host} failed with status code [manifests ${tag}]: 403 Forbidden`,
  );
};

/** Source: aws/aws-for-fluent-bit#234, of another registry. Unverified: the words before "failed open". */
export const layerDenied = (reference: string, digest: string) => {
  const { host, repository } = partsOf(reference);
  return new TaskFailure(
    `CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy: httpReadSeeker: failed open: unexpected status code https://${host}/v2/${repository}/blobs/${digest}: 403 Forbidden`,
  );
};

/** Of "HOST/REPOSITORY[:TAG][@DIGEST]", where a digest stands for the tag. */
function partsOf(reference: string) {
  const [, host = "", repository = "", tag = "latest", digest] =
    /^([^/]+)\/([^:@]+)(?::([^@]+))?(?:@(.+))?$/.exec(reference) ?? [];
  return { host, repository, tag: digest ?? tag };
}
