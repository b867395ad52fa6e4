import { setTimeout as sleep } from "node:timers/promises";
import type { ClientConfiguration } from "./shop-clients.ts";
import { shopClients } from "./shop-clients.ts";
import { DEMO_HANDLER, DEMO_NAME, DEMO_RUNTIME, demoNamespace } from "./app.ts";

/** The demo's application, ready for traffic. */
export interface Shop {
  readonly functionName: string;
  readonly alias: string;
  readonly alarm: string;
  /** GET answers with an order. */
  readonly url: string;
}

/** More failed orders than this in ten seconds is an alarm: the comparison is meant to be faster. */
const ALARM_THRESHOLD = 10;

/**
 * Builds what a team has before it meets Headgate: a function behind an alias behind an API, and an
 * alarm on failed orders.
 *
 * @param zip the function's first version.
 * @param functionName also what everything around it is called.
 */
export async function openShop(
  configuration: ClientConfiguration,
  zip: Uint8Array,
  functionName = DEMO_NAME,
): Promise<Shop> {
  const clients = await shopClients(configuration);
  const alias = "live";
  const roleArn = await createRole(clients, functionName);
  const aliasArn = await createFunction(clients, { functionName, alias, roleArn, zip });
  const apiId = await createApi(clients, { functionName, aliasArn, region: configuration.region });
  const alarm = await createAlarm(clients, functionName);
  clients.close();
  return {
    functionName,
    alias,
    alarm,
    url: `${configuration.endpoint}/_aws/execute-api/${apiId}/prod/orders`,
  };
}

/** @param name of the application whose failed orders it counts. */
export async function createAlarm(clients: Clients, name = DEMO_NAME): Promise<string> {
  const alarm = `${name}-failed-orders`;
  await clients.cloudWatch.putMetricAlarm({
    AlarmName: alarm,
    Namespace: demoNamespace(name),
    MetricName: "FailedOrders",
    Statistic: "Sum",
    Period: 10,
    EvaluationPeriods: 1,
    Threshold: ALARM_THRESHOLD,
    ComparisonOperator: "GreaterThanThreshold",
    TreatMissingData: "notBreaching",
  });
  // Its first evaluation may be ten seconds away, and a rollout does not rise on an alarm without a word.
  await clients.cloudWatch.setAlarmState({
    AlarmName: alarm,
    StateValue: "OK",
    StateReason: "The shop has just opened.",
  });
  return alarm;
}

export type Clients = Awaited<ReturnType<typeof shopClients>>;

export async function createRole({ iam }: Clients, name = DEMO_NAME): Promise<string> {
  const trust = {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
    ],
  };
  const { Role } = await iam.createRole({
    RoleName: name,
    AssumeRolePolicyDocument: JSON.stringify(trust),
  });
  await iam.attachRolePolicy({
    RoleName: name,
    PolicyArn: "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
  });
  return Role?.Arn ?? "";
}

async function createFunction(
  { lambda, waitUntilActive }: Clients,
  wanted: {
    readonly functionName: string;
    readonly alias: string;
    readonly roleArn: string;
    readonly zip: Uint8Array;
  },
): Promise<string> {
  const FunctionName = wanted.functionName;
  await lambda.createFunction({
    FunctionName,
    Runtime: DEMO_RUNTIME,
    Handler: DEMO_HANDLER,
    Role: wanted.roleArn,
    Code: { ZipFile: wanted.zip },
    Timeout: 10,
  });
  await waitUntilActive(FunctionName);
  const { Version } = await lambda.publishVersion({ FunctionName });
  const { AliasArn = "" } = await lambda.createAlias({
    FunctionName,
    Name: wanted.alias,
    FunctionVersion: Version,
  });
  await lambda.addPermission({
    FunctionName,
    Qualifier: wanted.alias,
    StatementId: "api-gateway",
    Action: "lambda:InvokeFunction",
    Principal: "apigateway.amazonaws.com",
  });
  return AliasArn;
}

async function createApi(
  { gateway }: Clients,
  behind: { readonly functionName: string; readonly aliasArn: string; readonly region: string },
): Promise<string> {
  const { functionName: name, aliasArn, region } = behind;
  const { id: restApiId = "" } = await gateway.createRestApi({ name });
  const { items = [] } = await gateway.getResources({ restApiId });
  const { id: resourceId = "" } = await gateway.createResource({
    restApiId,
    parentId: items[0]?.id,
    pathPart: "orders",
  });
  const method = { restApiId, resourceId, httpMethod: "GET" };
  await gateway.putMethod({ ...method, authorizationType: "NONE" });
  await gateway.putIntegration({
    ...method,
    type: "AWS_PROXY",
    integrationHttpMethod: "POST",
    uri: `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${aliasArn}/invocations`,
  });
  await gateway.createDeployment({ restApiId, stageName: "prod" });
  return restApiId;
}

const COUNTED_WITHIN_MS = 15_000;

/** Waits until the alarm's metric has data: preflight warns of an alarm that never had any. */
export async function untilCounted(
  configuration: ClientConfiguration,
  signal: AbortSignal,
  name = DEMO_NAME,
): Promise<void> {
  const clients = await shopClients(configuration);
  const giveUpMs = performance.now() + COUNTED_WITHIN_MS;
  try {
    while (performance.now() < giveUpMs && !signal.aborted) {
      const { Datapoints = [] } = await clients.cloudWatch.getMetricStatistics({
        Namespace: demoNamespace(name),
        MetricName: "FailedOrders",
        Statistics: ["SampleCount"],
        Period: 60,
        StartTime: new Date(Date.now() - 120_000),
        EndTime: new Date(Date.now() + 60_000),
      });
      if (Datapoints.length > 0) return;
      await sleep(100);
    }
  } finally {
    clients.close();
  }
}
