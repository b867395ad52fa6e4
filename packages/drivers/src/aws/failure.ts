/** What went wrong with one call to AWS, in the few kinds that need a different answer. */
export type FailureKind =
  | "throttled"
  | "transient"
  | "unreachable"
  | "timedOut"
  | "credentials"
  | "denied"
  | "notFound"
  | "noRegion"
  | "refused";

/** AWS's names for "too fast". Source: the SDK's own retry classification (@smithy/core/retry). */
const THROTTLED = new Set([
  "BandwidthLimitExceeded",
  "EC2ThrottledException",
  "LimitExceededException",
  "PriorRequestNotComplete",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestThrottledException",
  "SlowDown",
  "ThrottledException",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
  "TransactionInProgressException",
]);

const CREDENTIALS = new Set([
  "CredentialsProviderError",
  "ExpiredToken",
  "ExpiredTokenException",
  "IncompleteSignature",
  "IncompleteSignatureException",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "MissingAuthenticationToken",
  "MissingAuthenticationTokenException",
  "RequestExpired",
  "SignatureDoesNotMatch",
  "TokenProviderError",
  "UnrecognizedClientException",
]);

const DENIED = new Set([
  "AccessDenied",
  "AccessDeniedException",
  "AuthorizationError",
  "AuthorizationErrorException",
  "NotAuthorized",
  "UnauthorizedOperation",
]);

const NOT_FOUND = new Set([
  "InvalidGroup.NotFound",
  "InvalidSubnetID.NotFound",
  "ApplicationDoesNotExistException",
  "ClusterNotFoundException",
  "DeploymentConfigDoesNotExistException",
  "DeploymentDoesNotExistException",
  "DeploymentGroupDoesNotExistException",
  "ListenerNotFoundException",
  "LoadBalancerNotFoundException",
  "ProvisionedConcurrencyConfigNotFoundException",
  "ResourceNotFound",
  "ResourceNotFoundException",
  "RuleNotFoundException",
  "ServiceNotFoundException",
  "TargetGroupNotFoundException",
  "TaskSetNotFoundException",
]);

/** The request never reached a server, so it certainly had no effect. */
const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
]);

/** The connection broke: the request may have had its effect. */
const BROKEN = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "UND_ERR_SOCKET"]);

/** Undefined when the error did not come from AWS or the way to it: then it is our own bug. */
export function failureKindOf(error: unknown): FailureKind | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name } = error;
  const status = httpStatusOf(error);
  if (THROTTLED.has(name) || status === 429) return "throttled";
  if (CREDENTIALS.has(name)) return "credentials";
  if (DENIED.has(name)) return "denied";
  if (NOT_FOUND.has(name)) return "notFound";
  // Before the names: the SDK calls a broken connection a TimeoutError too.
  const code = systemCodeOf(error) ?? "";
  if (UNREACHABLE.has(code)) return "unreachable";
  if (BROKEN.has(code)) return "transient";
  if (name === "AbortError" || name === "TimeoutError") return "timedOut";
  if (error.message === "Region is missing") return "noRegion";
  if (status === undefined) return undefined;
  if (status >= 500) return "transient";
  if (status === 401 || status === 403) return "denied";
  if (status === 404) return "notFound";
  return "refused";
}

function httpStatusOf(error: Error): number | undefined {
  if (!("$metadata" in error)) return undefined;
  const { $metadata: metadata } = error;
  if (typeof metadata !== "object" || metadata === null) return undefined;
  if (!("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}

/** Node's code of a network error; of an AggregateError (several addresses tried), the first one's. */
function systemCodeOf(error: Error): string | undefined {
  if ("code" in error && typeof error.code === "string") return error.code;
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  return inner instanceof Error ? systemCodeOf(inner) : undefined;
}
