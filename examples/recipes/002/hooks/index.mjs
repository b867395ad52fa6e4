// What CodeDeploy asks between its steps. Each handler really looks, counts what it found in Deployment/Validation and
// reports. The event has two ids and nothing else: what is deployed, the handlers ask CodeDeploy itself.
import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import {
  CodeDeployClient,
  GetDeploymentTargetCommand,
  ListDeploymentTargetsCommand,
  PutLifecycleEventHookExecutionStatusCommand,
} from "@aws-sdk/client-codedeploy";
import { DescribeServicesCommand, ECSClient } from "@aws-sdk/client-ecs";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";

const { PROD_URL, TEST_URL } = process.env;
const codedeploy = new CodeDeployClient({});
const cloudwatch = new CloudWatchClient({});
const ecs = new ECSClient({});
const lambda = new LambdaClient({});

/** Before anything: a service must be whole, and a function's new version must work when it is called by its number. */
export const before = hook({
  async ECS({ targetId }) {
    const [cluster, service] = targetId.split(":");
    const { services } = await ecs.send(
      new DescribeServicesCommand({ cluster, services: [service] }),
    );
    const { desiredCount, runningCount } = services[0];
    same("running tasks", runningCount, desiredCount);
    await answersAt(PROD_URL);
  },
  async Lambda({ lambdaFunctionInfo: { functionName, targetVersion } }) {
    await answersOf(`${functionName}:${targetVersion}`);
  },
});

/** The new tasks, by the test listener, before a user gets there. */
export const test = hook({
  async ECS() {
    for (let times = 0; times < 5; times++) await answersAt(TEST_URL);
  },
});

/** When all traffic has moved: users get the new version, and nothing else. */
export const after = hook({
  async ECS() {
    const wanted = await answersAt(TEST_URL);
    for (let times = 0; times < 10; times++) same("the version", await answersAt(PROD_URL), wanted);
  },
  async Lambda({ lambdaFunctionInfo: { functionName, functionAlias, targetVersion } }) {
    const wanted = await answersOf(`${functionName}:${targetVersion}`);
    for (let times = 0; times < 10; times++) {
      same("the version", await answersOf(`${functionName}:${functionAlias}`), wanted);
    }
  },
});

function hook(checks) {
  return async ({ DeploymentId, LifecycleEventHookExecutionId }) => {
    const target = await targetOf(DeploymentId);
    const problem = await problemOf(() => checks[target.kind](target));
    if (problem !== undefined) console.error(`ERROR ${DeploymentId}: ${problem}`);
    await count(target.kind, problem === undefined ? "Success" : "Failure");
    await codedeploy.send(
      new PutLifecycleEventHookExecutionStatusCommand({
        deploymentId: DeploymentId,
        lifecycleEventHookExecutionId: LifecycleEventHookExecutionId,
        status: problem === undefined ? "Succeeded" : "Failed",
      }),
    );
  };
}

async function targetOf(deploymentId) {
  const { targetIds } = await codedeploy.send(new ListDeploymentTargetsCommand({ deploymentId }));
  const { deploymentTarget } = await codedeploy.send(
    new GetDeploymentTargetCommand({ deploymentId, targetId: targetIds[0] }),
  );
  const { ecsTarget, lambdaTarget } = deploymentTarget;
  return ecsTarget === undefined
    ? { kind: "Lambda", ...lambdaTarget }
    : { kind: "ECS", ...ecsTarget };
}

async function problemOf(check) {
  try {
    await check();
    return undefined;
  } catch (error) {
    return error.message;
  }
}

/** Looks at both pages of the service. @returns its version. */
async function answersAt(url) {
  const read = async (path) => {
    const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(5000) });
    same(`the status of ${path}`, response.status, 200);
    return response.json();
  };
  return versionOf(await read("/health"), await read("/api/data"));
}

/** The same of a function, by its name with a version or alias. */
async function answersOf(FunctionName) {
  const read = async (path) => {
    const Payload = JSON.stringify({ httpMethod: "GET", path });
    const response = await lambda.send(new InvokeCommand({ FunctionName, Payload }));
    same(`the error of ${path}`, response.FunctionError, undefined);
    const { statusCode, body } = JSON.parse(Buffer.from(response.Payload).toString());
    same(`the status of ${path}`, statusCode, 200);
    return JSON.parse(body);
  };
  return versionOf(await read("/health"), await read("/api/data"));
}

function versionOf(health, data) {
  same("the status", health.status, "healthy");
  same("the number of data", data.data.length, 3);
  return health.version;
}

function same(what, got, wanted) {
  if (got !== wanted) throw new Error(`${what} is ${got}, expected ${wanted}`);
}

async function count(DeploymentType, Status) {
  const Dimensions = [
    { Name: "DeploymentType", Value: DeploymentType },
    { Name: "Status", Value: Status },
  ];
  const MetricData = [{ MetricName: "DeploymentValidation", Value: 1, Unit: "Count", Dimensions }];
  await cloudwatch.send(
    new PutMetricDataCommand({ Namespace: "Deployment/Validation", MetricData }),
  );
}
