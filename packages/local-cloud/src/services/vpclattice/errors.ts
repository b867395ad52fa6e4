import { AwsError } from "../../aws-error.ts";

/*
 * Codes, statuses and members: botocore vpc-lattice 2022-11-30 model. The texts are Unverified unless a
 * source stands beside them.
 */

/** How errors call the kinds of resources. */
export type ResourceType =
  | "SERVICE_NETWORK"
  | "SERVICE"
  | "LISTENER"
  | "RULE"
  | "TARGET_GROUP"
  | "SERVICE_NETWORK_SERVICE_ASSOCIATION"
  | "SERVICE_NETWORK_VPC_ASSOCIATION"
  | "ACCESS_LOG_SUBSCRIPTION"
  | "RESOURCE_POLICY";

/** As texts name them. */
const NAMES: Readonly<Record<ResourceType, string>> = {
  SERVICE_NETWORK: "ServiceNetwork",
  SERVICE: "Service",
  LISTENER: "Listener",
  RULE: "Rule",
  TARGET_GROUP: "TargetGroup",
  SERVICE_NETWORK_SERVICE_ASSOCIATION: "ServiceNetworkServiceAssociation",
  SERVICE_NETWORK_VPC_ASSOCIATION: "ServiceNetworkVpcAssociation",
  ACCESS_LOG_SUBSCRIPTION: "AccessLogSubscription",
  RESOURCE_POLICY: "ResourcePolicy",
};

export interface ResourceName {
  readonly type: ResourceType;
  readonly id: string;
}

export function notFound({ type, id }: ResourceName): AwsError {
  return new AwsError("ResourceNotFoundException", `${NAMES[type]} ${id} not found`, {
    status: 404,
    members: { resourceId: id, resourceType: type },
  });
}

/**
 * @param why follows the resource's name: "has VPC(s) associated".
 * Source of the form: gruntwork-io/cloud-nuke#1158 ("ServiceNetwork sn-... has VPC(s) associated").
 */
export function conflict({ type, id }: ResourceName, why: string): AwsError {
  return new AwsError("ConflictException", `${NAMES[type]} ${id} ${why}`, {
    status: 409,
    members: { resourceId: id, resourceType: type },
  });
}

/** @param field the member that is wrong, when it is one. */
export function invalid(message: string, field?: string): AwsError {
  const members =
    field === undefined
      ? { reason: "other" }
      : { reason: "fieldValidationFailed", fieldList: [{ name: field, message }] };
  return new AwsError("ValidationException", message, { status: 400, members });
}

export function quotaExceeded({ type, id }: ResourceName, message: string): AwsError {
  return new AwsError("ServiceQuotaExceededException", message, {
    status: 402,
    members: {
      resourceId: id,
      resourceType: type,
      serviceCode: "vpc-lattice",
      quotaCode: "L-00000000",
    },
  });
}

export const badToken = () => invalid("The provided nextToken is invalid", "nextToken");
