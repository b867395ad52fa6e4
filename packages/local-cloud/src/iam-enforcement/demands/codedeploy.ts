import { arnIn, type Call, type ServiceDemands, text, texts } from "./call.ts";
import { passRole } from "./pass-role.ts";
import { hasTags } from "./tags-given.ts";

/** Operations that AWS checks against "*", whatever they name. */
const UNSCOPED: ReadonlySet<string> = new Set([
  "BatchGetDeploymentTargets",
  "ContinueDeployment",
  "DeleteGitHubAccountToken",
  "DeleteResourcesByExternalId",
  "GetDeploymentTarget",
  "ListApplications",
  "ListDeploymentConfigs",
  "ListDeploymentTargets",
  "ListGitHubAccountTokenNames",
  "ListOnPremisesInstances",
  "PutLifecycleEventHookExecutionStatus",
  "SkipWaitTimeForInstanceTermination",
  "StopDeployment",
]);

/** These are about the application, though the input may name a group beside it. */
const OF_APPLICATION =
  /^(?:(?:BatchGet|Create|Delete|Get|Update)Applications?|.*ApplicationRevisions?|ListDeploymentGroups)$/;

/** Source: Service Authorization Reference, AWS CodeDeploy. */
export const CODEDEPLOY: ServiceDemands = {
  prefix: "codedeploy",
  resourcesOf(call) {
    const { operation, input, place } = call;
    if (UNSCOPED.has(operation)) return undefined;
    const named = text(input, "ResourceArn");
    if (named !== undefined) return [named];
    return pathsOf(call).map((path) =>
      path.startsWith("arn:") ? path : arnIn(place, "codedeploy", path),
    );
  },
  also(call) {
    const roles = passRole(text(call.input, "serviceRoleArn"), "codedeploy.amazonaws.com");
    if (!call.operation.startsWith("Create") || !hasTags(call.input)) return roles;
    const resources = CODEDEPLOY.resourcesOf(call) ?? ["*"];
    return [...roles, { action: "codedeploy:TagResource", resources }];
  },
};

function pathsOf({ operation, input, place, facts }: Call): readonly string[] {
  if (operation.endsWith("DeploymentConfig")) {
    return [`deploymentconfig:${text(input, "deploymentConfigName") ?? "*"}`];
  }
  if (operation.includes("OnPremises")) {
    return ["instanceName", "instanceNames"].flatMap((member) =>
      texts(input, member).map((name) => `instance:${name}`),
    );
  }
  const applications = [...texts(input, "applicationName"), ...texts(input, "applicationNames")];
  if (OF_APPLICATION.test(operation)) return applications.map((name) => `application:${name}`);
  // A deployment stands for the group that it belongs to.
  const deployments = [...texts(input, "deploymentId"), ...texts(input, "deploymentIds")];
  const ofDeployments = deployments.flatMap(
    (id) => facts.arnOf?.(place, "deployment", id) ?? "deploymentgroup:*/*",
  );
  if (ofDeployments.length > 0) return ofDeployments;
  const [application = "*"] = applications;
  const groups = [
    "deploymentGroupName",
    "currentDeploymentGroupName",
    "deploymentGroupNames",
  ].flatMap((member) => texts(input, member));
  return (groups.length === 0 ? ["*"] : groups).map(
    (group) => `deploymentgroup:${application}/${group}`,
  );
}
