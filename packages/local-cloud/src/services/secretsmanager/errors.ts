import { AwsError } from "../../aws-error.ts";

// Texts without a mark are AWS's, as LocalStack's recorded answers (test_secretsmanager) quote them.

export function invalidParameter(message: string): AwsError {
  return new AwsError("InvalidParameterException", message, { status: 400 });
}

export function invalidRequest(message: string): AwsError {
  return new AwsError("InvalidRequestException", message, { status: 400 });
}

export function noSecret(): AwsError {
  return new AwsError(
    "ResourceNotFoundException",
    "Secrets Manager can't find the specified secret.",
    { status: 400 },
  );
}

export function noSecretValue(what: "staging label" | "VersionId", value: string): AwsError {
  return new AwsError(
    "ResourceNotFoundException",
    `Secrets Manager can't find the specified secret value for ${what}: ${value}`,
    { status: 400 },
  );
}

export function secretExists(name: string): AwsError {
  return new AwsError(
    "ResourceExistsException",
    `The operation failed because the secret ${name} already exists.`,
    { status: 400 },
  );
}

export function versionExists(id: string): AwsError {
  return new AwsError(
    "ResourceExistsException",
    `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret.`,
    { status: 400 },
  );
}

export function markedForDeletion(action: string): AwsError {
  return invalidRequest(`You can't ${action} secret that was marked for deletion.`);
}

export function badToken(): AwsError {
  // Unverified: the text.
  return new AwsError("InvalidNextTokenException", "The NextToken value is invalid.", {
    status: 400,
  });
}
