import { AwsError } from "../../aws-error.ts";

/*
 * Codes: AWS docs, "Error codes for the Amazon EC2 API". The texts are those that public repositories
 * (terraform-provider-aws, eksctl, kops and their issues) quote, unless marked.
 */

function refused(code: string, message: string): AwsError {
  return new AwsError(code, message, { status: 400 });
}

/** How ids that name nothing are refused, by kind. */
const MISSING = {
  vpc: (id: string) => refused("InvalidVpcID.NotFound", `The vpc ID '${id}' does not exist`),
  subnet: (id: string) =>
    refused("InvalidSubnetID.NotFound", `The subnet ID '${id}' does not exist`),
  group: (id: string) =>
    refused("InvalidGroup.NotFound", `The security group '${id}' does not exist`),
  rule: (id: string) =>
    refused(
      "InvalidSecurityGroupRuleId.NotFound",
      `The security group rule ID '${id}' does not exist`,
    ),
  interface: (id: string) =>
    refused("InvalidNetworkInterfaceID.NotFound", `The networkInterface ID '${id}' does not exist`),
  gateway: (id: string) =>
    refused("InvalidInternetGatewayID.NotFound", `The internetGateway ID '${id}' does not exist`),
  routeTable: (id: string) =>
    refused("InvalidRouteTableID.NotFound", `The routeTable ID '${id}' does not exist`),
} as const;

export function notFound(kind: keyof typeof MISSING, id: string): AwsError {
  return MISSING[kind](id);
}

export function unknownId(id: string): AwsError {
  return refused("InvalidID", `The ID '${id}' is not valid`);
}

export function missing(parameter: string): AwsError {
  return refused("MissingParameter", `The request must contain the parameter ${parameter}`);
}

export function invalidValue(message: string): AwsError {
  return refused("InvalidParameterValue", message);
}

export function badRange(what: "Vpc" | "Subnet", cidr: string): AwsError {
  return refused(`Invalid${what}.Range`, `The CIDR '${cidr}' is invalid.`);
}

export function cidrConflict(cidr: string): AwsError {
  return refused("InvalidSubnet.Conflict", `The CIDR '${cidr}' conflicts with another subnet`);
}

export function duplicateGroup(name: string, vpcId: string): AwsError {
  return refused(
    "InvalidGroup.Duplicate",
    `The security group '${name}' already exists for VPC '${vpcId}'`,
  );
}

/** @param rule as AWS writes it: "peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW". */
export function duplicateRule(rule: string): AwsError {
  return refused("InvalidPermission.Duplicate", `the specified rule "${rule}" already exists`);
}

export function ruleNotFound(): AwsError {
  return refused(
    "InvalidPermission.NotFound",
    "The specified rule does not exist in this security group.",
  );
}

export function cannotDelete(groupId: string): AwsError {
  return refused(
    "CannotDelete",
    `the specified group: "${groupId}" name: "default" cannot be deleted by a user`,
  );
}

export function groupInUse(groupId: string): AwsError {
  return refused("DependencyViolation", `resource ${groupId} has a dependent object`);
}

export function inUse(noun: "subnet" | "vpc", id: string): AwsError {
  return refused(
    "DependencyViolation",
    `The ${noun} '${id}' has dependencies and cannot be deleted.`,
  );
}

/** Source: AWS docs, "Quotas for Amazon VPC". Unverified: the text. */
export function tooManyRules(groupId: string, most: number): AwsError {
  return refused(
    "RulesPerSecurityGroupLimitExceeded",
    `The maximum number of rules per security group has been reached: ${groupId} has ${most}.`,
  );
}

/** Unverified: the text. */
export const badToken = () => invalidValue("The token is not valid: use the NextToken of a page.");

export function dryRun(): AwsError {
  return new AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", {
    status: 412,
  });
}
