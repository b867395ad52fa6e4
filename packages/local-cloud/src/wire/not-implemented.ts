import { AwsError } from "../aws-error.ts";

/** The answer to an operation that the cloud does not have: not AWS's, so it says so. */
export function notImplemented(service: string, operation: string): AwsError {
  if (operation === "") {
    // Source: AWS docs, common errors of the query APIs. Unverified: the text.
    const message = `The request names no operation of ${service}.`;
    return new AwsError("MissingAction", message, { status: 400 });
  }
  return new AwsError(
    "NotImplemented",
    `The local cloud does not have ${service} ${operation} yet. Nothing was changed.`,
    { status: 501 },
  );
}

/** The answer to a request for a service that is not here, or for none. */
export function unknownService(service: string, known: readonly string[]): AwsError {
  const served = `It has: ${known.toSorted().join(", ")}.`;
  return service === ""
    ? new AwsError(
        "UnknownService",
        "The request names no AWS service: it has no signature, X-Amz-Target, API version, " +
          `service host or path that the local cloud knows. ${served}`,
        { status: 404 },
      )
    : new AwsError(
        "NotImplemented",
        `The local cloud does not have the service ${service}. ${served}`,
        {
          status: 501,
        },
      );
}
