/**
 * Why the gateway itself answered instead of the backend: one row per case.
 * Source: AWS docs, "Gateway response types"; texts, spaces and x-amzn-ErrorType from recorded AWS
 * answers (LocalStack snapshots test_apigateway_common, _lambda, _integrations).
 */
export const FAILURES = {
  missingToken: row("MISSING_AUTHENTICATION_TOKEN", 403, "Missing Authentication Token", {
    errorType: "MissingAuthenticationTokenException",
  }),
  // The text of the policy that denies is the request's own.
  accessDenied: row("ACCESS_DENIED", 403, "Unauthorized", {
    errorType: "AccessDeniedException",
    hasCapital: true,
  }),
  invalidSignature: row("INVALID_SIGNATURE", 403, "Invalid signature", {
    errorType: "InvalidSignatureException",
  }),
  unknownKey: row("INVALID_SIGNATURE", 403, "The security token is invalid", {
    errorType: "UnrecognizedClientException",
  }),
  expiredToken: row("EXPIRED_TOKEN", 403, "The security token is expired", {
    errorType: "ExpiredTokenException",
  }),
  invalidApiKey: row("INVALID_API_KEY", 403, "Forbidden", { errorType: "ForbiddenException" }),
  throttled: row("THROTTLED", 429, "Too Many Requests", { errorType: "TooManyRequestsException" }),
  quotaExceeded: row("QUOTA_EXCEEDED", 429, "Limit Exceeded", {
    errorType: "LimitExceededException",
  }),
  // Unverified: the error type.
  requestTooLarge: row("REQUEST_TOO_LARGE", 413, "Request Too Long", {
    errorType: "RequestTooLargeException",
  }),
  badParameters: row("BAD_REQUEST_PARAMETERS", 400, "Missing required request parameters: []", {
    errorType: "BadRequestException",
  }),
  badBody: row("BAD_REQUEST_BODY", 400, "Invalid request body", {
    errorType: "BadRequestException",
  }),
  // Unverified: the response type and the text; the status is AWS's.
  cacheControlDenied: row("ACCESS_DENIED", 403, "Unauthorized", {
    errorType: "AccessDeniedException",
  }),
  unsupportedMediaType: row("UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported Media Type", {
    errorType: "BadRequestException",
  }),
  /** The function failed, timed out, or answered in a form that the gateway does not know. */
  badBackendAnswer: row("DEFAULT_5XX", 502, "Internal server error", { spaced: true }),
  /** No permission, wrong integration method, a stage variable that leads nowhere, a broken template. */
  configuration: row("API_CONFIGURATION_ERROR", 500, "Internal server error", { spaced: true }),
  timeout: row("INTEGRATION_TIMEOUT", 504, "Endpoint request timed out", { spaced: true }),
  unreachable: row("INTEGRATION_FAILURE", 504, "Network error communicating with endpoint", {
    spaced: true,
  }),
} as const satisfies Record<string, FailureRow>;

export interface FailureRow {
  /** The gateway response type that an API may redefine. */
  readonly responseType: string;
  readonly status: number;
  readonly message: string;
  readonly errorType: string;
  /** Answers about the integration have a space after the colon; the others have none. */
  readonly spaced: boolean;
  /** Policies' denials are under "Message", all else under "message". */
  readonly hasCapital: boolean;
}

function row(
  responseType: string,
  status: number,
  message: string,
  rest: {
    readonly errorType?: string;
    readonly spaced?: boolean;
    readonly hasCapital?: boolean;
  },
): FailureRow {
  const { errorType = "InternalServerErrorException", spaced = false, hasCapital = false } = rest;
  return { responseType, status, message, errorType, spaced, hasCapital };
}

/** Ends a request inside the gateway. Thrown from anywhere on its way, answered in one place. */
export class GatewayFailure extends Error {
  override readonly name = "GatewayFailure";
  readonly row: FailureRow;
  /** For the execution log, never for the client. */
  readonly detail: string;

  constructor(kind: keyof typeof FAILURES, detail: string, message?: string) {
    super(message ?? FAILURES[kind].message);
    this.row = message === undefined ? FAILURES[kind] : { ...FAILURES[kind], message };
    this.detail = detail;
  }
}
