import { AwsError } from "../../aws-error.ts";
import type { Place } from "../../telemetry/metric-sink.ts";

/*
 * Source of every text without another mark: recorded AWS answers (LocalStack snapshots
 * test_apigateway_api, _common, _canary, _integrations, _lambda).
 */

export function badRequest(message: string): AwsError {
  return new AwsError("BadRequestException", message, { status: 400 });
}

export function notFound(message: string): AwsError {
  return new AwsError("NotFoundException", message, { status: 404 });
}

export function conflict(message: string): AwsError {
  return new AwsError("ConflictException", message, { status: 409 });
}

/** Source: botocore apigateway 2015-07-09 model (LimitExceededException); the text is Unverified. */
export function limitExceeded(message: string): AwsError {
  return new AwsError("LimitExceededException", message, { status: 429 });
}

export const apiNotFound = ({ account }: Place, apiId: string | undefined) =>
  notFound(`Invalid API identifier specified ${account}:${apiId}`);
export const resourceNotFound = () => notFound("Invalid Resource identifier specified");
export const methodNotFound = () => notFound("Invalid Method identifier specified");
export const integrationNotFound = () => notFound("Invalid Integration identifier specified");
export const statusNotFound = () => notFound("Invalid Response status code specified");
export const stageNotFound = () => notFound("Invalid Stage identifier specified");
/** Unverified: the text follows the pattern of its neighbours. */
export const deploymentNotFound = () => notFound("Invalid Deployment identifier specified");
export const modelNotFound = (name: string | undefined) =>
  notFound(`Invalid model name specified: ${name}`);
export const validatorNotFound = () => notFound("Invalid Request Validator identifier specified");
/** Unverified: the text follows the pattern of its neighbours. */
export const apiKeyNotFound = () => notFound("Invalid API Key identifier specified");
export const usagePlanNotFound = () => notFound("Invalid Usage Plan ID specified");
/** Source: an AWS answer quoted in amplify-education/serverless-domain-manager#210. */
export const domainNotFound = () => notFound("Invalid domain name identifier specified");
/** Unverified: the text, which other emulators have. */
export const basePathNotFound = () => notFound("Invalid base path mapping identifier specified");

/** Nouns with few patchable members answer with the list. The two spaces are AWS's. */
export function badPatchPath(path: string, op: string, allowed: readonly string[]): AwsError {
  return badRequest(
    `Invalid patch path  '${path}' specified for op '${op}'. Must be one of: [${allowed.join(", ")}]`,
  );
}

export function badPatchOperation(path: string, op: string): AwsError {
  return badRequest(
    `Invalid patch path  '${path}' specified for op '${op}'. Please choose supported operations`,
  );
}

/** The other nouns answer shortly. */
export const invalidPatchPath = (path: string | undefined) =>
  badRequest(`Invalid patch path ${path ?? null}`);
export const onlyReplace = () =>
  badRequest("Invalid patch operation specified. Must be one of: [replace]");

/** Unverified: the text of a position that no earlier page gave. */
export const badPosition = () => badRequest("Invalid position parameter specified");

/** Source: an AWS answer quoted in aws-solutions/virtual-waiting-room-on-aws#74. */
export const noLoggingRole = () =>
  badRequest("CloudWatch Logs role ARN must be set in account settings to enable logging");
