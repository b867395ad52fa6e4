import { AwsError } from "../../aws-error.ts";

// Texts without a mark are AWS's, as LocalStack's recorded answers and public issue reports quote them.

export function noSuchEntity(message: string): AwsError {
  return new AwsError("NoSuchEntity", message, { status: 404 });
}

export function noSuchRole(name: string): AwsError {
  return noSuchEntity(`The role with name ${name} cannot be found.`);
}

export function noSuchUser(name: string): AwsError {
  return noSuchEntity(`The user with name ${name} cannot be found.`);
}

export function noSuchGroup(name: string): AwsError {
  return noSuchEntity(`The group with name ${name} cannot be found.`);
}

export function noSuchPolicy(arn: string): AwsError {
  return noSuchEntity(`Policy ${arn} was not found.`);
}

export function notAttachable(arn: string): AwsError {
  return noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
}

export function noSuchVersion(arn: string, version: string): AwsError {
  return noSuchEntity(`Policy ${arn} version ${version} does not exist or is not attachable.`);
}

export function noSuchInstanceProfile(name: string): AwsError {
  return noSuchEntity(`Instance Profile ${name} cannot be found.`);
}

export function alreadyExists(message: string): AwsError {
  return new AwsError("EntityAlreadyExists", message, { status: 409 });
}

export function deleteConflict(message: string): AwsError {
  return new AwsError("DeleteConflict", message, { status: 409 });
}

export function malformedPolicy(message: string): AwsError {
  return new AwsError("MalformedPolicyDocument", message, { status: 400 });
}

export function limitExceeded(message: string): AwsError {
  return new AwsError("LimitExceeded", message, { status: 409 });
}

export function validationError(message: string): AwsError {
  return new AwsError("ValidationError", message, { status: 400 });
}

export function badMarker(): AwsError {
  return validationError("Invalid Marker.");
}

/** Policies of AWS are everyone's to read and nobody's to change. Unverified: the text. */
export function policyOfAws(action: string, arn: string): AwsError {
  return new AwsError(
    "AccessDenied",
    `You are not authorized to perform: iam:${action} on resource: policy ${arn}`,
    { status: 403 },
  );
}
