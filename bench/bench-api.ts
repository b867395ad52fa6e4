// A Python function behind an alias behind API Gateway, on a local cloud that already runs.
import {
  APIGatewayClient,
  CreateDeploymentCommand,
  CreateRestApiCommand,
  GetResourcesCommand,
  PutIntegrationCommand,
  PutMethodCommand,
} from "@aws-sdk/client-api-gateway";
import { AttachRolePolicyCommand, CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  LambdaClient,
  PublishVersionCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

const CODE = `import json


def handler(event, context):
    return {"statusCode": 200, "body": json.dumps({"version": "1.0.0", "environment": "blue"})}
`;

/** Returns the URL of GET / of the API's stage. */
export async function deployBenchApi(endpoint: string): Promise<string> {
  const configuration = {
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  };
  const role = await createRole(new IAMClient(configuration));
  const alias = await createAlias(new LambdaClient(configuration), role);
  const gateway = new APIGatewayClient(configuration);
  const { id: restApiId = "" } = await gateway.send(new CreateRestApiCommand({ name: "bench" }));
  const { items = [] } = await gateway.send(new GetResourcesCommand({ restApiId }));
  const method = { restApiId, resourceId: items[0]?.id ?? "", httpMethod: "GET" };
  await gateway.send(new PutMethodCommand({ ...method, authorizationType: "NONE" }));
  await gateway.send(
    new PutIntegrationCommand({
      ...method,
      type: "AWS_PROXY",
      integrationHttpMethod: "POST",
      uri: `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${alias}/invocations`,
    }),
  );
  await gateway.send(new CreateDeploymentCommand({ restApiId, stageName: "prod" }));
  return `${endpoint}/_aws/execute-api/${restApiId}/prod/`;
}

async function createRole(iam: IAMClient): Promise<string> {
  const trust = {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
    ],
  };
  const { Role } = await iam.send(
    new CreateRoleCommand({ RoleName: "bench", AssumeRolePolicyDocument: JSON.stringify(trust) }),
  );
  await iam.send(
    new AttachRolePolicyCommand({
      RoleName: "bench",
      PolicyArn: "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    }),
  );
  return Role?.Arn ?? "";
}

async function createAlias(lambda: LambdaClient, role: string): Promise<string> {
  const FunctionName = "bench";
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from(CODE), "app.py");
  zip.end();
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: "python3.13",
      Role: role,
      Handler: "app.handler",
      Code: { ZipFile: await buffer(zip.outputStream) },
    }),
  );
  await waitUntilFunctionActiveV2(
    { client: lambda, maxWaitTime: 20, minDelay: 0.1, maxDelay: 0.2 },
    { FunctionName },
  );
  const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName }));
  const alias = { FunctionName, Name: "live", FunctionVersion: Version };
  const { AliasArn = "" } = await lambda.send(new CreateAliasCommand(alias));
  await lambda.send(
    new AddPermissionCommand({
      FunctionName,
      Qualifier: "live",
      StatementId: "gateway",
      Action: "lambda:InvokeFunction",
      Principal: "apigateway.amazonaws.com",
    }),
  );
  return AliasArn;
}
