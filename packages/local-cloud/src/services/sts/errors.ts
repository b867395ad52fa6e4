import { AwsError } from "../../aws-error.ts";

/** AWS says the same of a role that is missing: names of roles are not told. */
export function mayNotAssume(callerArn: string, roleArn: string): AwsError {
  return accessDenied(
    `User: ${callerArn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
  );
}

export function accessDenied(message: string): AwsError {
  return new AwsError("AccessDenied", message, { status: 403 });
}

export function validationError(message: string): AwsError {
  return new AwsError("ValidationError", message, { status: 400 });
}

/** Unverified: the text. */
export function malformedPolicy(message: string): AwsError {
  return new AwsError("MalformedPolicyDocumentException", message, { status: 400 });
}
