import type { ErrorCode } from "@aws-sdk/client-codedeploy";
import type { RoleCall } from "../../../iam-enforcement/authority.ts";
import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import type { Run } from "./stage.ts";

/** What CodeDeploy does in the role that the group gives it. */
export interface DeploymentCall extends RoleCall {
  readonly service: keyof typeof NAMES;
}

/** Why it may not: as a deployment's error says it. */
interface RoleProblem {
  readonly kind: "failed";
  readonly code: Extract<ErrorCode, "IAM_ROLE_MISSING" | "IAM_ROLE_PERMISSIONS">;
  readonly message: string;
}

/**
 * As refusals name AWS's services.
 * Source: terraform-aws-modules/terraform-aws-lambda#77 (AWSLambda), public repositories that quote refusals of load
 * balancers. Unverified: the names of ECS and CloudWatch.
 */
const NAMES = {
  ecs: "AmazonECS",
  elasticloadbalancing: "AmazonElasticLoadBalancingV2",
  lambda: "AWSLambda",
  monitoring: "AmazonCloudWatch",
} as const;

/** Unverified: the name of the session. */
const SESSION = "AWSCodeDeploy";

/** Whether the group's role may make these calls, one after the other. Always, where IAM is not enforced. */
export async function refusedTo(
  run: Run,
  ...calls: readonly DeploymentCall[]
): Promise<RoleProblem | undefined> {
  const { authority } = run.codedeploy.cloud;
  if (authority === undefined) return undefined;
  const problem = await assumptionProblem(run);
  if (problem !== undefined) return problem;
  const { serviceRoleArn } = run.row().settings;
  for (const call of calls) {
    const denied = await authority.asRoleCalling(roleOf(serviceRoleArn, run.state.place), call);
    if (denied === undefined) continue;
    const service = NAMES[call.service];
    // Source: terraform-aws-modules/terraform-aws-lambda#77. Its last sentence is ours: AWS tells no more than the
    // service.
    const message = `The IAM role ${serviceRoleArn} does not give you permission to perform operations in the following AWS service: ${service}. Contact your AWS administrator if you need help. If you are an AWS administrator, you can grant permissions to your users or groups by creating IAM policies. (${denied.message})`;
    return { kind: "failed", code: "IAM_ROLE_PERMISSIONS", message };
  }
  return undefined;
}

/**
 * Whether CodeDeploy may assume the role, which is gone or trusts others perhaps.
 * Source of the first text: AWS docs, "JSON data formats for CodeDeploy triggers".
 */
export async function assumptionProblem(run: Run): Promise<RoleProblem | undefined> {
  const { settings, groupName } = run.row();
  const { serviceRoleArn } = settings;
  const roles = await run.codedeploy.cloud.port("roles");
  const trust = roles.trusts(run.state.place.account, serviceRoleArn, "codedeploy.amazonaws.com");
  switch (trust) {
    case "trusted":
      return undefined;
    case "missing":
      return {
        kind: "failed",
        code: "IAM_ROLE_MISSING",
        message: `IAM Role is missing for deployment group: ${groupName}`,
      };
    case "refused":
      return {
        kind: "failed",
        code: "IAM_ROLE_PERMISSIONS",
        message: `The IAM role ${serviceRoleArn} does not let codedeploy.amazonaws.com assume it.`,
      };
    default:
      return trust satisfies never;
  }
}

/** Why the role may not publish to a topic. @returns undefined when it may. */
export async function publishRefusal(
  { authority }: Pick<Cloud, "authority">,
  place: Place,
  serviceRoleArn: string,
  topicArn: string,
): Promise<string | undefined> {
  const call = { service: "sns", operation: "Publish", input: { TopicArn: topicArn } } as const;
  return (await authority?.asRoleCalling(roleOf(serviceRoleArn, place), call))?.message;
}

function roleOf(roleArn: string, { region }: Place) {
  return { roleArn, sessionName: SESSION, region };
}
