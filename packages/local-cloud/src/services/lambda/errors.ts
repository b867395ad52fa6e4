import { AwsError } from "../../aws-error.ts";

/**
 * Lambda's errors. Unless a function says otherwise, texts are from recorded AWS answers (LocalStack
 * snapshot test_lambda_api) or from answers quoted in public issue reports.
 */

const BY_USER = { Type: "User" } as const;

export function invalidParameter(message: string): AwsError {
  return new AwsError("InvalidParameterValueException", message, { status: 400, members: BY_USER });
}

/** The text that AWS's request validation writes for one broken constraint. */
export function constraintBroken(value: string, member: string, constraint: string): AwsError {
  return new AwsError("ValidationException", brokenText(value, member, constraint), {
    status: 400,
  });
}

export function brokenText(value: string, member: string, constraint: string): string {
  return `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${constraint}`;
}

export function notFound(message: string): AwsError {
  return new AwsError("ResourceNotFoundException", message, { status: 404, members: BY_USER });
}

export function functionNotFound(arn: string): AwsError {
  return notFound(`Function not found: ${arn}`);
}

export function aliasNotFound(arn: string): AwsError {
  return notFound(`Cannot find alias arn: ${arn}`);
}

export function conflict(message: string): AwsError {
  return new AwsError("ResourceConflictException", message, { status: 409, members: BY_USER });
}

export function notInThisState(state: "Pending" | "Active" | "Failed"): AwsError {
  return conflict(
    `The operation cannot be performed at this time. The function is currently in the following state: ${state}`,
  );
}

/** Ours, not AWS's: says what this cloud lacks and what works instead. */
export function noS3Yet(): AwsError {
  return invalidParameter(
    "This local cloud has no S3 yet. Send the code in the request (ZipFile, --zip-file fileb://...).",
  );
}

export function updateInProgress(arn: string): AwsError {
  return conflict(
    `The operation cannot be performed at this time. An update is in progress for resource: ${arn}`,
  );
}

export function revisionMismatch(call: "GetFunction/GetAlias" | "GetPolicy"): AwsError {
  return new AwsError(
    "PreconditionFailedException",
    `The Revision Id provided does not match the latest Revision Id. Call the ${call} API to retrieve the latest Revision Id`,
    { status: 412, members: BY_USER },
  );
}

export function requestEntityTooLarge(message: string): AwsError {
  return new AwsError("RequestEntityTooLargeException", message, { status: 413 });
}

export function storageExceeded(): AwsError {
  return new AwsError("CodeStorageExceededException", "Code storage limit exceeded.", {
    status: 400,
    members: BY_USER,
  });
}

export function policyTooLong(limitBytes: number): AwsError {
  return new AwsError(
    "PolicyLengthExceededException",
    `The final policy size is bigger than the limit (${limitBytes}).`,
    { status: 400, members: BY_USER },
  );
}

export function provisionedNotFound(): AwsError {
  return new AwsError(
    "ProvisionedConcurrencyConfigNotFoundException",
    "No Provisioned Concurrency Config found for this function",
    { status: 404, members: BY_USER },
  );
}

export function accessDenied(message: string): AwsError {
  return new AwsError("AccessDeniedException", message, { status: 403 });
}

export function roleNotAssumable(): AwsError {
  return invalidParameter("The role defined for the function cannot be assumed by Lambda.");
}

export function badZip(): AwsError {
  return invalidParameter(
    "Could not unzip uploaded file. Please check your file, then try to upload again.",
  );
}

/** Unverified: what AWS says of a Marker that it did not give out. */
export function badMarker(): AwsError {
  return invalidParameter("The provided Marker is not valid.");
}
