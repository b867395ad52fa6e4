import { zipFolder } from "@headgate/drivers";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEMO_HANDLER, DEMO_NAME, DEMO_RUNTIME, type DemoRelease, writeDemoCode } from "../app.ts";
import type { DemoSite, DemoTarget } from "../demo-target.ts";
import { type Clients, createAlarm, createRole } from "../shop.ts";
import { shopClients } from "../shop-clients.ts";

const STAGE = "prod";
const DOCUMENT = "api.json";
/** What tells the deployments apart, and how long each request took. */
const LOG_FORMAT =
  '{"requestId":"$context.requestId","deploymentId":"$context.deploymentId",' +
  '"status":"$context.status","responseLatency":"$context.responseLatency"}';

/**
 * A REST API whose document names one published version of a function. A release is a new version and a new
 * document that names it; Headgate shifts the stage from the one deployment to the other.
 */
export async function openStage(site: DemoSite, first: DemoRelease): Promise<DemoTarget> {
  const { configuration, folder, name = DEMO_NAME } = site;
  const clients = await shopClients(configuration);
  await clients.lambda.createFunction({
    FunctionName: name,
    Runtime: DEMO_RUNTIME,
    Handler: DEMO_HANDLER,
    Role: await createRole(clients, name),
    Code: { ZipFile: await zipFolder(writeDemoCode(folder, first, name)) },
    Timeout: 10,
  });
  await clients.waitUntilActive(name);
  const { region } = configuration;
  const api = { name, region };
  const document = openApiDocument(api, await publishVersion(clients, name));
  const { id: restApiId = "" } = await clients.gateway.importRestApi({
    body: new TextEncoder().encode(document),
  });
  await clients.gateway.createDeployment({ restApiId, stageName: STAGE });
  await writeAccessLog(clients, restApiId, api);
  const alarm = await createAlarm(clients, name);
  clients.close();
  return {
    url: `${configuration.endpoint}/_aws/execute-api/${restApiId}/${STAGE}/orders`,
    app: "a Python function",
    about: `behind stage ${STAGE} of a REST API`,
    alarm,
    async prepare(release) {
      const own = await shopClients(configuration);
      const ZipFile = await zipFolder(writeDemoCode(folder, release, name));
      await own.lambda.updateFunctionCode({ FunctionName: name, ZipFile });
      await own.waitUntilUpdated(name);
      const path = join(folder, DOCUMENT);
      writeFileSync(path, openApiDocument(api, await publishVersion(own, name)));
      own.close();
      return `target:
  apiGateway:
    api: ${name}
    stage: ${STAGE}

revision:
  openApi: ${path}
`;
    },
  };
}

/** Published, and API Gateway may call it: a permission is for one version. @returns its ARN. */
async function publishVersion({ lambda }: Clients, FunctionName: string): Promise<string> {
  const { FunctionArn = "", Version } = await lambda.publishVersion({ FunctionName });
  await lambda.addPermission({
    FunctionName,
    Qualifier: Version,
    StatementId: "api-gateway",
    Action: "lambda:InvokeFunction",
    Principal: "apigateway.amazonaws.com",
  });
  return FunctionArn;
}

interface Api {
  readonly name: string;
  readonly region: string;
}

function openApiDocument({ name, region }: Api, versionArn: string): string {
  const uri = `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${versionArn}/invocations`;
  const integration = { type: "aws_proxy", httpMethod: "POST", uri };
  const get = {
    responses: { 200: { description: "an order" } },
    "x-amazon-apigateway-integration": integration,
  };
  const document = {
    openapi: "3.0.1",
    info: { title: name, version: "1" },
    paths: { "/orders": { get } },
  };
  return JSON.stringify(document, null, 2);
}

/** An account writes API Gateway's logs with a role of its own. */
async function writeAccessLog(
  { iam, gateway, logs }: Clients,
  restApiId: string,
  { name, region }: Api,
): Promise<void> {
  const logGroupName = `${name}-${STAGE}-access`;
  await logs.createLogGroup({ logGroupName });
  const { Role } = await iam.createRole({
    RoleName: `${name}-logs`,
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
  const account = Role?.Arn?.split(":")[4] ?? "";
  await gateway.updateAccount({
    patchOperations: [{ op: "replace", path: "/cloudwatchRoleArn", value: Role?.Arn }],
  });
  const destination = `arn:aws:logs:${region}:${account}:log-group:${logGroupName}`;
  await gateway.updateStage({
    restApiId,
    stageName: STAGE,
    patchOperations: [
      { op: "replace", path: "/accessLogSettings/destinationArn", value: destination },
      { op: "replace", path: "/accessLogSettings/format", value: LOG_FORMAT },
    ],
  });
}
