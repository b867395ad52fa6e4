import { APIGateway } from "@aws-sdk/client-api-gateway";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { IAM } from "@aws-sdk/client-iam";
import {
  ACCESS,
  createFunction,
  FUNCTION_NAME,
  type LambdaCloud,
  publish,
  settle,
  startLambdaCloud,
} from "./lambda-cloud.ts";
import { RECOMMENDED_FORMAT } from "../../src/metrics/access-log/format.ts";

export const API_NAME = "shop";
export const STAGE = "prod";
export const LOG_GROUP = "shop-prod-access";

/** A local cloud with a REST API in front of version 1 of a function, deployed to a stage with an access log. */
export interface StageCloud extends LambdaCloud {
  /** Past the proxy. */
  readonly gateway: APIGateway;
  readonly apiId: string;
  /** What the stage serves in the beginning. */
  readonly firstDeployment: string;
  readonly account: string;
  /** Lets the API call this version from its next deployment on. */
  integrate(version: string): Promise<void>;
  /** One GET by a user. @returns the status. */
  get(): Promise<number>;
}

export async function startStageCloud(
  files: Readonly<Record<string, string>> = { "app.py": proxyHandler("one") },
): Promise<StageCloud> {
  const cloud = await startLambdaCloud();
  const gateway = new APIGateway({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
  await createFunction(cloud, files);
  await allowDoor(cloud, "1");
  const { FunctionArn = "" } = await cloud.lambda.getFunctionConfiguration({
    FunctionName: FUNCTION_NAME,
  });
  const account = FunctionArn.split(":")[4] ?? "";
  const { id: restApiId = "" } = await gateway.createRestApi({ name: API_NAME });
  const { items = [] } = await gateway.getResources({ restApiId });
  const { id: resourceId = "" } = await gateway.createResource({
    restApiId,
    parentId: items[0]?.id,
    pathPart: "orders",
  });
  const method = { restApiId, resourceId, httpMethod: "GET" };
  await gateway.putMethod({ ...method, authorizationType: "NONE" });
  const integrate = async (version: string) => {
    await gateway.putIntegration({
      ...method,
      type: "AWS_PROXY",
      integrationHttpMethod: "POST",
      uri: integrationUri(`${FunctionArn}:${version}`),
    });
  };
  await integrate("1");
  const { id: firstDeployment = "" } = await gateway.createDeployment({
    restApiId,
    stageName: STAGE,
  });
  await allowLogs(cloud, gateway);
  await setAccessLog({ gateway, apiId: restApiId, account }, RECOMMENDED_FORMAT);
  const stop = cloud.close;
  return {
    ...cloud,
    gateway,
    apiId: restApiId,
    firstDeployment,
    account,
    integrate,
    async get() {
      const response = await fetch(`${cloud.url}/_aws/execute-api/${restApiId}/${STAGE}/orders`);
      await response.arrayBuffer();
      return response.status;
    },
    async close() {
      gateway.destroy();
      await stop();
    },
  };
}

export function integrationUri(functionArn: string): string {
  return `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${functionArn}/invocations`;
}

/** A handler that a proxy integration understands. */
export function proxyHandler(text: string, status = 200): string {
  return `def handler(event, context):\n    return {"statusCode": ${status}, "body": "${text}"}\n`;
}

/** Version 2, allowed and integrated: the API as it is now is another than the one deployed. */
export async function changeApi(cloud: StageCloud, handler = proxyHandler("two")): Promise<string> {
  const version = await publish(cloud, { "app.py": handler });
  await allowDoor(cloud, version);
  await cloud.integrate(version);
  return version;
}

export async function allowDoor(cloud: LambdaCloud, version: string): Promise<void> {
  await settle(cloud);
  await cloud.lambda.addPermission({
    FunctionName: FUNCTION_NAME,
    Qualifier: version,
    StatementId: "api",
    Action: "lambda:InvokeFunction",
    Principal: "apigateway.amazonaws.com",
  });
}

export async function setAccessLog(
  { gateway, apiId, account }: Pick<StageCloud, "gateway" | "apiId" | "account">,
  format: string,
): Promise<void> {
  const group = `arn:aws:logs:us-east-1:${account}:log-group:${LOG_GROUP}`;
  await gateway.updateStage({
    restApiId: apiId,
    stageName: STAGE,
    patchOperations: [
      { op: "replace", path: "/accessLogSettings/destinationArn", value: group },
      { op: "replace", path: "/accessLogSettings/format", value: format },
    ],
  });
}

/** An account may write logs only with a role for it, and into a group that is there. */
async function allowLogs(cloud: LambdaCloud, gateway: APIGateway): Promise<void> {
  const iam = new IAM({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
  const { Role } = await iam.createRole({
    RoleName: "gateway-logs",
    AssumeRolePolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "apigateway.amazonaws.com" },
          Action: "sts:AssumeRole",
        },
      ],
    }),
  });
  iam.destroy();
  await gateway.updateAccount({
    patchOperations: [{ op: "replace", path: "/cloudwatchRoleArn", value: Role?.Arn }],
  });
  const logs = new CloudWatchLogs({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
  await logs.createLogGroup({ logGroupName: LOG_GROUP });
  logs.destroy();
}
