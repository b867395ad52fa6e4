import type { DeploymentGroupInfo } from "@aws-sdk/client-codedeploy";
import { type CodeDeployHook, type PreflightFinding, RolloutError } from "@headgate/core";
import type { AwsClients } from "../../aws/clients.ts";
import type { AwsRunner } from "../../aws/runner.ts";
import { lookAt, type Looked, problem, warning } from "../../preflight.ts";

interface HookPreflight {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  readonly hooks?: readonly CodeDeployHook[] | undefined;
}

/** Whether CodeDeploy, as its deployment group is made, could ask the functions of the AppSpec. */
export async function hookFindings(
  preflight: HookPreflight,
  group: DeploymentGroupInfo,
): Promise<readonly PreflightFinding[]> {
  const { hooks = [] } = preflight;
  if (hooks.length === 0) return [];
  const tested = hooks.filter(({ event }) => event === "AfterAllowTestTraffic");
  return [
    await lookAt("CodeDeploy may invoke the hooks' functions", () =>
      roleLooked(preflight, hooks, group),
    ),
    ...(await Promise.all(
      tested.map(({ name }) =>
        lookAt(`CodeDeploy asks hook ${name} at AfterAllowTestTraffic`, () => testLooked(group)),
      ),
    )),
  ];
}

/** Source: AWS docs, "AppSpec 'hooks' section": without a test listener the event is skipped. */
function testLooked({ loadBalancerInfo }: DeploymentGroupInfo): Looked {
  const [pair] = loadBalancerInfo?.targetGroupPairInfoList ?? [];
  const [listener] = pair?.testTrafficRoute?.listenerArns ?? [];
  if (listener !== undefined) return `test traffic comes by ${listener}`;
  return problem(
    "the deployment group has no test listener, so CodeDeploy leaves this event out and never asks the function",
    "Give the group a testTrafficRoute, or ask the hook at afterInstall or beforeTraffic.",
  );
}

const PREFIX = "CodeDeployHook_";

/**
 * AWS's own policies that let CodeDeploy invoke only functions whose names begin with CodeDeployHook_. Source: AWS docs,
 * AWS managed policies for CodeDeploy.
 */
const LIMITED: ReadonlySet<string> = new Set([
  "AWSCodeDeployRoleForLambda",
  "AWSCodeDeployRoleForLambdaLimited",
  "AWSCodeDeployRoleForECSLimited",
]);

async function roleLooked(
  { clients, run }: HookPreflight,
  hooks: readonly CodeDeployHook[],
  { serviceRoleArn = "" }: DeploymentGroupInfo,
): Promise<Looked> {
  const names = [...new Set(hooks.map(({ functionName }) => nameOf(functionName)))];
  const others = names.filter((name) => !name.startsWith(PREFIX));
  if (others.length === 0) return `all their names begin with ${PREFIX}`;
  const RoleName = serviceRoleArn.slice(serviceRoleArn.lastIndexOf("/") + 1);
  const subject = `role ${RoleName}`;
  const iam = await clients.iam();
  try {
    const { AttachedPolicies = [] } = await run(
      { action: "iam:ListAttachedRolePolicies", subject },
      (abortSignal) => iam.listAttachedRolePolicies({ RoleName }, { abortSignal }),
    );
    const attached = AttachedPolicies.map(({ PolicyArn = "" }) => PolicyArn);
    const text = `${subject} has ${attached.map(policyOf).join(", ") || "no attached policy"}`;
    if (attached.length === 0 || !attached.every(isLimited)) return text;
    const { PolicyNames = [] } = await run(
      { action: "iam:ListRolePolicies", subject },
      (abortSignal) => iam.listRolePolicies({ RoleName }, { abortSignal }),
    );
    if (PolicyNames.length > 0) return `${text}, and ${PolicyNames.join(", ")} of its own`;
    return warning(
      `${text}, which lets CodeDeploy invoke only functions whose names begin with ${PREFIX}; ${others.join(", ")} would not be invoked, and the deployment would fail`,
      `Name it ${PREFIX}..., or give the role a policy with lambda:InvokeFunction on it.`,
    );
  } catch (error) {
    if (!(error instanceof RolloutError) || error.code !== "AWS_DENIED") throw error;
    return warning(`the role's policies were not looked at: ${error.message}`, error.hint);
  }
}

function isLimited(arn: string): boolean {
  return /^arn:[^:]+:iam::aws:policy\//.test(arn) && LIMITED.has(policyOf(arn));
}

function policyOf(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}

/** "smoke" of a name, of "smoke:live" and of an ARN with or without a qualifier. */
function nameOf(functionName: string): string {
  const [name = functionName] = functionName
    .replace(/^arn:[^:]*:lambda:.*:function:/, "")
    .split(":");
  return name;
}
