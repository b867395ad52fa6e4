import {
  arnIn,
  type Call,
  type Demand,
  lastPart,
  type ServiceDemands,
  structure,
  structures,
  text,
  texts,
} from "./call.ts";
import { passRole } from "./pass-role.ts";
import { hasTags } from "./tags-given.ts";

/** Operations that AWS checks against "*", whatever they name. */
const UNSCOPED: ReadonlySet<string> = new Set([
  "DeleteAccountSetting",
  "DeregisterTaskDefinition",
  "DescribeTaskDefinition",
  "DiscoverPollEndpoint",
  "ListAccountSettings",
  "ListClusters",
  "ListServices",
  "ListServicesByNamespace",
  "ListTaskDefinitionFamilies",
  "ListTaskDefinitions",
  "PutAccountSetting",
  "PutAccountSettingDefault",
]);

/** Source: Service Authorization Reference, Amazon Elastic Container Service. */
export const ECS: ServiceDemands = {
  prefix: "ecs",
  resourcesOf(call) {
    if (UNSCOPED.has(call.operation)) return undefined;
    return pathsOf(call).map((path) =>
      path.startsWith("arn:") ? path : arnIn(call.place, "ecs", path),
    );
  },
  keysOf(call) {
    const { input, place } = call;
    const cluster = text(input, "cluster") ?? clusterInArn(input);
    const service = text(input, "service");
    const definition = text(input, "taskDefinition");
    return {
      "ecs:cluster": arnIn(place, "ecs", `cluster/${lastPart(cluster ?? "default")}`),
      "ecs:service": service && arnIn(place, "ecs", servicePath(call, service)),
      "ecs:task-definition": definition && arnIn(place, "ecs", definitionPath(definition)),
      "ecs:task-cpu": text(input, "cpu"),
      "ecs:task-memory": text(input, "memory"),
      "ecs:enable-execute-command": String(input["enableExecuteCommand"] === true),
      "ecs:account-setting": text(input, "name"),
    };
  },
  also: (call) => [...rolesGiven(call), ...tagging(call)],
};

/** Operations that start tasks of the definition that they name. */
const STARTS_TASKS: ReadonlySet<string> = new Set([
  "CreateService",
  "CreateTaskSet",
  "RunTask",
  "StartTask",
  "UpdateService",
]);

/**
 * Task definitions hand their roles to the tasks, when they are registered and when tasks are started from them; a
 * service hands its own to what moves its traffic.
 * Source: denials of RegisterTaskDefinition, RunTask and UpdateService as users quote them; that the managed policy
 * AWSCodeDeployRoleForECS has iam:PassRole beside ecs:CreateTaskSet. Unverified: that CreateService asks for it.
 */
function rolesGiven(call: Call): readonly Demand[] {
  const { operation, input } = call;
  const ofService = [
    ...(operation === "CreateService" ? [text(input, "role")] : []),
    ...structures(input, "loadBalancers").map((balancer) =>
      text(structure(balancer, "advancedConfiguration"), "roleArn"),
    ),
    ...structures(structure(input, "deploymentConfiguration"), "lifecycleHooks").map((hook) =>
      text(hook, "roleArn"),
    ),
  ];
  const roles = new Map<string, string>();
  for (const role of rolesOfTasks(call)) roles.set(role, "ecs-tasks.amazonaws.com");
  for (const role of ofService) if (role?.startsWith("arn:")) roles.set(role, "ecs.amazonaws.com");
  return [...roles].flatMap(([role, service]) => passRole(role, service));
}

/** What overrides the definition's role is handed on in its place. */
function rolesOfTasks({ operation, input, place, facts }: Call): readonly string[] {
  const overrides = structure(input, "overrides");
  const definition = STARTS_TASKS.has(operation) ? text(input, "taskDefinition") : undefined;
  return ["taskRole", "executionRole"].flatMap((kind) => {
    const given = text(input, `${kind}Arn`) ?? text(overrides, `${kind}Arn`);
    if (given !== undefined) return given;
    return (definition && facts.arnOf?.(place, kind, definition)) ?? [];
  });
}

function tagging(call: Call): readonly Demand[] {
  const makes = /^(?:Create|Register|RunTask|StartTask)/.test(call.operation);
  if (!makes || !hasTags(call.input)) return [];
  const resources = call.operation.endsWith("Task")
    ? [arnIn(call.place, "ecs", `task/${clusterOf(call)}/*`)]
    : (ECS.resourcesOf(call) ?? ["*"]);
  return [{ action: "ecs:TagResource", resources, keys: { "ecs:CreateAction": call.operation } }];
}

function clusterOf({ input }: Call): string {
  return lastPart(text(input, "cluster") ?? clusterInArn(input) ?? "default");
}

/** Long ARNs of services and deployments name their cluster. */
function clusterInArn(input: Call["input"]): string | undefined {
  const arns = [text(input, "service"), text(input, "serviceDeploymentArn"), text(input, "task")];
  return arns.map((arn) => /^arn:[^/]+\/([^/]+)\/[^/]+/.exec(arn ?? "")?.[1]).find(Boolean);
}

function servicePath(call: Call, nameOrArn: string): string {
  return `service/${clusterOf(call)}/${lastPart(nameOrArn)}`;
}

/** What an input names, as the part of the ARN behind the account, or as the ARN it is. */
function pathsOf(call: Call): readonly string[] {
  const { operation, input } = call;
  const cluster = clusterOf(call);
  const service = text(input, "service") ?? text(input, "serviceName");
  const named = text(input, "resourceArn");
  if (named !== undefined) return [named];
  switch (operation) {
    case "RegisterTaskDefinition":
      return [`task-definition/${text(input, "family") ?? "*"}:*`];
    case "RunTask":
    case "StartTask":
      return [definitionPath(text(input, "taskDefinition") ?? "*")];
    case "DeleteTaskDefinitions":
      return texts(input, "taskDefinitions").map(definitionPath);
    case "DescribeServices":
      return texts(input, "services").map((one) => servicePath(call, one));
    case "DescribeTasks":
    case "GetTaskProtection":
    case "UpdateTaskProtection":
      return texts(input, "tasks").map((task) => `task/${cluster}/${lastPart(task)}`);
    case "StopTask":
    case "ExecuteCommand":
      return [`task/${cluster}/${lastPart(text(input, "task") ?? "*")}`];
    case "ListTasks":
    case "DescribeContainerInstances":
      return [`container-instance/${cluster}/${lastPart(text(input, "containerInstance") ?? "*")}`];
    case "DescribeClusters":
      return [...clustersOf(input)].map((one) => `cluster/${lastPart(one)}`);
    case "CreateCluster":
      return [`cluster/${text(input, "clusterName") ?? "default"}`];
    case "CreateTaskSet":
      return [`task-set/${cluster}/${lastPart(service ?? "*")}/*`];
    case "UpdateTaskSet":
    case "DeleteTaskSet":
      return [
        `task-set/${cluster}/${lastPart(service ?? "*")}/${lastPart(text(input, "taskSet") ?? "*")}`,
      ];
    case "DescribeTaskSets":
      return (texts(input, "taskSets").length === 0 ? ["*"] : texts(input, "taskSets")).map(
        (set) => `task-set/${cluster}/${lastPart(service ?? "*")}/${lastPart(set)}`,
      );
    case "DescribeServiceDeployments":
      return texts(input, "serviceDeploymentArns");
    case "DescribeServiceRevisions":
      return texts(input, "serviceRevisionArns");
    case "StopServiceDeployment":
    case "ContinueServiceDeployment":
      return [text(input, "serviceDeploymentArn") ?? "*"];
    case "DescribeCapacityProviders":
    case "CreateCapacityProvider":
    case "DeleteCapacityProvider":
    case "UpdateCapacityProvider":
      return ["capacityProvider", "name", "capacityProviders"].flatMap((member) =>
        texts(input, member).map((one) => `capacity-provider/${lastPart(one)}`),
      );
    default:
      return [service === undefined ? `cluster/${cluster}` : servicePath(call, service)];
  }
}

function clustersOf(input: Call["input"]): readonly string[] {
  const named = texts(input, "clusters");
  return named.length === 0 ? ["default"] : named;
}

/** "web" is the newest revision, which is not known here. */
function definitionPath(nameOrArn: string): string {
  const name = lastPart(nameOrArn);
  return `task-definition/${name.includes(":") ? name : `${name}:*`}`;
}
