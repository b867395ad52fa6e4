import { AwsError } from "../../aws-error.ts";

// Statuses come from the shapes. Texts without a mark are AWS's, as public issues quote them.

/** @param what as AWS writes it after "Invalid request: ". */
export function invalidRequest(what: string): AwsError {
  return invalidInput(`Invalid request: ${what}`);
}

export function invalidInput(message: string): AwsError {
  return new AwsError("InvalidInput", message);
}

/** All that is wrong with a batch at once, in brackets as AWS writes them. */
export function invalidChangeBatch(problems: readonly string[]): AwsError {
  return new AwsError("InvalidChangeBatch", `[${problems.join(", ")}]`);
}

export function invalidDomainName(problem: string): AwsError {
  return new AwsError("InvalidDomainName", problem);
}

export function noSuchHostedZone(id: string): AwsError {
  return new AwsError("NoSuchHostedZone", `No hosted zone found with ID: ${id}`);
}

export function hostedZoneExists(): AwsError {
  return new AwsError(
    "HostedZoneAlreadyExists",
    "A hosted zone has already been created with the specified caller reference.",
  );
}

/** AWS writes two spaces. */
export function hostedZoneNotEmpty(): AwsError {
  return new AwsError(
    "HostedZoneNotEmpty",
    "The specified hosted zone contains non-required resource record sets  and so cannot be deleted.",
  );
}

/** Unverified: the text. */
export function noSuchChange(id: string): AwsError {
  return new AwsError("NoSuchChange", `Could not find resource with ID: ${id}`);
}

export function noSuchHealthCheck(id: string): AwsError {
  return new AwsError("NoSuchHealthCheck", `A health check with id ${id} does not exist.`);
}

/** Source: the model's documentation. Unverified: the text. */
export function healthCheckExists(): AwsError {
  return new AwsError(
    "HealthCheckAlreadyExists",
    "A health check with the same caller reference and different settings has already been created.",
  );
}

/** Unverified: the text. */
export function versionMismatch(given: number, current: number): AwsError {
  return new AwsError(
    "HealthCheckVersionMismatch",
    `The value of HealthCheckVersion in the request, ${given}, does not match the value in the health check, ${current}.`,
  );
}

export function tooMany(
  code: "TooManyHostedZones" | "TooManyHealthChecks",
  what: string,
): AwsError {
  // Unverified: the text.
  return new AwsError(code, `Limits Exceeded: ${what}`);
}

/** Unverified: the text. */
export function noSuchDelegationSet(id: string): AwsError {
  return new AwsError(
    "NoSuchDelegationSet",
    `A reusable delegation set with the ID ${id} does not exist.`,
  );
}

/** Unverified: the texts. */
export function lastVpc(): AwsError {
  return new AwsError(
    "LastVPCAssociation",
    "The VPC that you're trying to disassociate from the private hosted zone is the last VPC that is associated with the hosted zone.",
  );
}

export function vpcNotFound(id: string): AwsError {
  return new AwsError(
    "VPCAssociationNotFound",
    `The VPC ${id} and the hosted zone are not associated.`,
  );
}

export function publicZoneVpc(): AwsError {
  return new AwsError(
    "PublicZoneVPCAssociation",
    "You're trying to associate a VPC with a public hosted zone, which Route 53 does not support.",
  );
}

export function conflictingDomain(vpcId: string, name: string): AwsError {
  return new AwsError(
    "ConflictingDomainExists",
    `The VPC ${vpcId} is already associated with another hosted zone with the name ${name}`,
  );
}
