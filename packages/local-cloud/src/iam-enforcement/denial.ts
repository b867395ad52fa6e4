import { AwsError } from "../aws-error.ts";
import type { Decision, PolicyKind } from "../iam-policy/evaluate.ts";
import type { ProtocolName } from "../model/protocols.ts";
import type { ServiceName } from "../services/registry.ts";

/** What was refused, to whom. */
export interface Refused {
  readonly service: ServiceName;
  readonly protocol: ProtocolName;
  readonly callerArn: string;
  readonly action: string;
  readonly resource: string;
  readonly decision: Extract<Decision, { allowed: false }>;
}

/** Source: AWS docs, "Troubleshoot access denied error messages". */
const NAMES: Readonly<Record<PolicyKind, { readonly a: string; readonly no: string }>> = {
  identity: { a: "an identity-based policy", no: "no identity-based policy" },
  boundary: { a: "a permissions boundary", no: "no permissions boundary" },
  session: { a: "a session policy", no: "no session policy" },
  resource: { a: "a resource-based policy", no: "no resource-based policy" },
};

/**
 * The error in AWS's words, which differ from service to service.
 * Source: denials of each service as public repositories and issues quote them; for those that were not found, the
 * form of AWS's documentation.
 */
export function denial(refused: Refused): AwsError {
  const { service, protocol } = refused;
  const message = sentence(refused);
  if (protocol === "ec2Query") {
    // AWS adds an "Encoded authorization failure message" here, which only it can decode.
    return new AwsError(
      "UnauthorizedOperation",
      `You are not authorized to perform this operation. ${message}`,
      { status: 403 },
    );
  }
  if (service === "sns")
    return new AwsError("AuthorizationErrorException", message, { status: 403 });
  const isXml = protocol === "awsQuery" || protocol === "restXml";
  // CloudWatch has kept the code that it had before it spoke JSON and CBOR.
  const code = isXml || service === "monitoring" ? "AccessDenied" : "AccessDeniedException";
  const isRest = protocol === "restJson1" || protocol === "restXml";
  const status = isRest || isXml || service === "monitoring" ? 403 : 400;
  return new AwsError(code, message, { status });
}

function sentence({ service, protocol, callerArn, action, resource, decision }: Refused): string {
  const named = resourceText(service, protocol, action, resource);
  const start = `User: ${callerArn} is not authorized to perform: ${action}${named}`;
  // STS tells nothing of why: not even whether the role is there. Source: its denials, as users quote them.
  if (service === "sts" && !decision.isExplicit) return start;
  return `${start} ${reasonOf(action, decision)}`;
}

/** The end of a denial: which kind of policy denies, or lacks the statement. */
export function reasonOf(action: string, decision: Refused["decision"]): string {
  const { a, no } = NAMES[decision.by];
  return decision.isExplicit
    ? `with an explicit deny in ${a}`
    : `because ${no} allows the ${action} action`;
}

function resourceText(
  service: ServiceName,
  protocol: ProtocolName,
  action: string,
  resource: string,
): string {
  const saysNothing =
    protocol === "awsQuery" || protocol === "ec2Query" || service === "monitoring";
  if (resource === "*" && saysNothing) return "";
  return ` on resource: ${service === "iam" ? namedByIam(action, resource) : resource}`;
}

/** IAM names what is there by kind and name, and by its ARN what is about to be made, handed on, or a whole kind. */
function namedByIam(action: string, resource: string): string {
  const [, kind, name] =
    /^arn:[^:]+:iam::\d*:(role|user|group|policy|instance-profile)\/(?:.*\/)?([^/*]+)$/.exec(
      resource,
    ) ?? [];
  const isArn =
    kind === undefined ||
    /^iam:(?:Create(?:Role|User|Group|Policy|InstanceProfile)|PassRole)$/.test(action);
  if (isArn) return resource;
  if (kind === "policy") return `policy ${resource}`;
  return kind === "instance-profile" ? `instance profile ${name}` : `${kind} ${name}`;
}
