import { AwsError } from "../../aws-error.ts";

/*
 * Codes are the shapes' own names: the wire turns "ListenerNotFoundException" into "ListenerNotFound".
 * Source: botocore elbv2 model. A text with "Source: quoted" stands word for word in answers of AWS that public
 * issues and repositories quote. Unverified: every other text.
 */

export function invalid(message: string): AwsError {
  return new AwsError("ValidationError", message, { status: 400 });
}

const NOUNS = {
  LoadBalancer: "load balancers",
  Listener: "listeners",
  Rule: "rules",
  TargetGroup: "target groups",
} as const;

/** Source: quoted for target groups; the others by analogy. */
export function notFound(noun: keyof typeof NOUNS): AwsError {
  return new AwsError(`${noun}NotFoundException`, `One or more ${NOUNS[noun]} not found`);
}

export function namesNotFound(noun: "LoadBalancer" | "TargetGroup", names: string): AwsError {
  const nouns = noun === "LoadBalancer" ? "Load balancers" : "Target groups";
  return new AwsError(`${noun}NotFoundException`, `${nouns} '[${names}]' not found`);
}

export function badArn(arn: string, noun: string): AwsError {
  return invalid(`'${arn}' is not a valid ${noun} ARN`);
}

export function duplicateName(noun: "LoadBalancer" | "TargetGroup", name: string): AwsError {
  const what = noun === "LoadBalancer" ? "load balancer" : "target group";
  return new AwsError(
    `Duplicate${noun}NameException`,
    `A ${what} with the same name '${name}' exists, but with different settings`,
  );
}

/** Source: quoted. */
export function duplicateListener(balancerArn: string): AwsError {
  return new AwsError(
    "DuplicateListenerException",
    `A listener already exists on this port for this load balancer '${balancerArn}'`,
  );
}

export function priorityInUse(priority: number): AwsError {
  return new AwsError("PriorityInUseException", `Priority '${priority}' is currently in use`);
}

/** Source: quoted. */
export function groupInUse(arn: string): AwsError {
  return new AwsError(
    "ResourceInUseException",
    `Target group '${arn}' is currently in use by a listener or a rule`,
  );
}

export function notPermitted(message: string): AwsError {
  return new AwsError("OperationNotPermittedException", message);
}

export function invalidConfiguration(message: string): AwsError {
  return new AwsError("InvalidConfigurationRequestException", message);
}

export function subnetNotFound(id: string): AwsError {
  return new AwsError("SubnetNotFoundException", `The subnet ID '${id}' does not exist`);
}

export function invalidSubnet(message: string): AwsError {
  return new AwsError("InvalidSubnetException", message);
}

export function invalidSecurityGroup(message: string): AwsError {
  return new AwsError("InvalidSecurityGroupException", message);
}

/** Source: quoted, up to the colon. */
export function groupElsewhere(arn: string): AwsError {
  return new AwsError(
    "TargetGroupAssociationLimitException",
    `The following target groups cannot be associated with more than one load balancer: ${arn}`,
  );
}

export function invalidTarget(message: string): AwsError {
  return new AwsError("InvalidTargetException", message);
}

export function tooMany(
  noun:
    | "Listeners"
    | "Rules"
    | "TargetGroups"
    | "Targets"
    | "Actions"
    | "Tags"
    | "UniqueTargetGroupsPerLoadBalancer",
  most: number,
): AwsError {
  return new AwsError(
    `TooMany${noun}Exception`,
    `The limit has been reached: at most ${most} ${noun.replaceAll(/(?<!^)[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).toLowerCase()}`,
  );
}

export function certificateRequired(): AwsError {
  return new AwsError(
    "CertificateNotFoundException",
    "A certificate must be specified for HTTPS listeners",
  );
}

export function sslPolicyNotFound(name: string): AwsError {
  return new AwsError("SSLPolicyNotFoundException", `SSL policy '${name}' not found`);
}

/** Source: quoted, up to the function's ARN. */
export function functionRefused(functionArn: string, groupArn: string): AwsError {
  return new AwsError(
    "AccessDenied",
    `elasticloadbalancing principal does not have permission to invoke ${functionArn} from target group ${groupArn}`,
    { status: 403 },
  );
}

/** What Elastic Load Balancing has and the local cloud does not. */
export function notAvailable(what: string): AwsError {
  return new AwsError("NotImplemented", `${what} not available in the local cloud.`, {
    status: 501,
  });
}

export const badToken = () => invalid("The marker is not valid: use the NextMarker of a page.");
