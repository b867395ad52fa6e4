import { AwsError } from "../../aws-error.ts";

// Texts without a mark are AWS's, as the SDKs' own integration tests and moto's recorded answers quote them.

export function invalidParameter(message: string): AwsError {
  return new AwsError("InvalidParameterException", message);
}

export function noLogGroup(): AwsError {
  return new AwsError("ResourceNotFoundException", "The specified log group does not exist.");
}

export function noLogStream(): AwsError {
  return new AwsError("ResourceNotFoundException", "The specified log stream does not exist.");
}

export function noMetricFilter(): AwsError {
  return new AwsError("ResourceNotFoundException", "The specified metric filter does not exist.");
}

export function noResourcePolicy(name: string): AwsError {
  return new AwsError("ResourceNotFoundException", `Policy with name [${name}] does not exist`);
}

/** Ours. */
export function noPolicyOfGroup(resource: string): AwsError {
  return new AwsError(
    "NotImplemented",
    `The local cloud has resource policies of an account, not of one log group (${resource}). Nothing was changed.`,
    { status: 501 },
  );
}

/** Unverified: the text. */
export function noQuery(): AwsError {
  return new AwsError("ResourceNotFoundException", "The specified query does not exist.");
}

export function noQueriedLogGroup(name: string, account: string): AwsError {
  return new AwsError(
    "ResourceNotFoundException",
    `Log group '${name}' does not exist for account ID '${account}'`,
  );
}

export function alreadyExists(noun: "log group" | "log stream"): AwsError {
  return new AwsError("ResourceAlreadyExistsException", `The specified ${noun} already exists`);
}

export function limitExceeded(): AwsError {
  return new AwsError("LimitExceededException", "Resource limit exceeded.");
}

export function badToken(): AwsError {
  return invalidParameter("The specified nextToken is invalid.");
}

export function constraintBroken(value: unknown, member: string, constraint: string): AwsError {
  return invalidParameter(
    `1 validation error detected: Value '${String(value)}' at '${member}' failed to satisfy constraint: ${constraint}`,
  );
}

/** `start` and `end` count characters of the query. */
export function malformedQuery(message: string, start?: number, end?: number): AwsError {
  const location = { startCharOffset: start ?? 0, endCharOffset: end ?? start ?? 0 };
  return new AwsError("MalformedQueryException", message, {
    members: { queryCompileError: { location, message } },
  });
}
