import { AwsError } from "../../aws-error.ts";

// Codes are the shapes' own names: the wire turns "InvalidParameterException" into "InvalidParameter".
// Texts without a mark are AWS's, as LocalStack's recorded answers (test_sns, test_sns_filter_policy)
// quote them.

/** @param what as AWS writes it after "Invalid parameter: ". */
export function invalidParameter(what: string): AwsError {
  return new AwsError("InvalidParameterException", `Invalid parameter: ${what}`);
}

/** The few whose text does not start with "Invalid parameter: ". */
export function invalidValue(message: string): AwsError {
  return new AwsError("InvalidParameterException", message);
}

/** Of message attributes. */
export function invalidAttributeValue(message: string): AwsError {
  return new AwsError("InvalidParameterValueException", message);
}

export function topicNotFound(): AwsError {
  return new AwsError("NotFoundException", "Topic does not exist");
}

export function subscriptionNotFound(): AwsError {
  return new AwsError("NotFoundException", "Subscription does not exist");
}

/** Unverified: the text. */
export function resourceNotFound(): AwsError {
  return new AwsError("ResourceNotFoundException", "Resource does not exist");
}

/** Source: the error as public repositories quote it. */
export function notAuthorized(who: string, action: string, resource: string): AwsError {
  return new AwsError(
    "AuthorizationErrorException",
    `${who} is not authorized to perform: ${action} on resource: ${resource} because no resource-based policy allows the ${action} action`,
  );
}

/** Unverified: the text. */
export function explicitlyDenied(who: string, action: string, resource: string): AwsError {
  return new AwsError(
    "AuthorizationErrorException",
    `${who} is not authorized to perform: ${action} on resource: ${resource} with an explicit deny in a resource-based policy`,
  );
}

export function tooManyEntries(): AwsError {
  return new AwsError(
    "TooManyEntriesInBatchRequestException",
    "The batch request contains more entries than permissible.",
  );
}

/** Source: SNS model, EmptyBatchRequestException. */
export function emptyBatch(): AwsError {
  return new AwsError(
    "EmptyBatchRequestException",
    "The batch request doesn't contain any entries.",
  );
}

export function idsNotDistinct(): AwsError {
  return new AwsError(
    "BatchEntryIdsNotDistinctException",
    "Two or more batch entries in the request have the same Id.",
  );
}

export function invalidBatchId(problem: string, id: string): AwsError {
  return new AwsError(
    "InvalidBatchEntryIdException",
    `The Id of a batch entry in the batch request ${problem}: ${id}`,
  );
}

export function batchTooLong(): AwsError {
  return new AwsError(
    "BatchRequestTooLongException",
    "The length of all the messages put together is more than the limit.",
  );
}

/** Unverified: the text. */
export function tooManyTags(): AwsError {
  return new AwsError(
    "TagLimitExceededException",
    "Could not complete request: tag quota of per resource exceeded",
  );
}

/** What SNS has and the local cloud does not. */
export function notAvailable(what: string): AwsError {
  return new AwsError("NotImplemented", `${what} not available in the local cloud.`, {
    status: 501,
  });
}
