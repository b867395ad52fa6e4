// Protects AWS_PROXY and AWS integrations with real functions: event, response, permissions, failures.
import { APIGatewayClient, UpdateStageCommand } from "@aws-sdk/client-api-gateway";
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  LambdaClient,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProxyEvent } from "../../../src/data-plane/execute-api/integrations/proxy-event.ts";
import { createRole } from "../../support/roles.ts";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";
import { zipOf } from "../../support/worker-cloud.ts";
import { type ApiPlan, deployApi, type MethodPlan } from "./test-api.ts";

let cloud: TestCloud;
let client: APIGatewayClient;
let lambda: LambdaClient;

/** Answers with its event, unless the query says what to answer or how to fail. */
const SOURCE = `
import json, time
def handler(event, context):
    query = event.get("queryStringParameters") or {}
    if "fail" in query:
        raise Exception(query["fail"])
    if "sleep" in query:
        time.sleep(float(query["sleep"]))
    if "answer" in query:
        return json.loads(query["answer"])
    return {"statusCode": 200, "body": json.dumps(event)}

def mapped(event, context):
    if event.get("fail"):
        raise Exception(event["fail"])
    return {"got": event}
`;

beforeAll(async () => {
  cloud = await startTestCloud();
  client = cloud.client(APIGatewayClient);
  lambda = cloud.client(LambdaClient);
  const role = await createRole(cloud, "fn", "lambda.amazonaws.com");
  const ZipFile = await zipOf({ "app.py": SOURCE });
  for (const [FunctionName, handler] of [
    ["echo", "app.handler"],
    ["mapped", "app.mapped"],
    ["closed", "app.handler"],
    ["throttled", "app.handler"],
  ] as const) {
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Runtime: "python3.13",
        Role: role,
        Handler: handler,
        Timeout: 10,
        Code: { ZipFile },
      }),
    );
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 30 }, { FunctionName });
  }
  await lambda.send(new PublishVersionCommand({ FunctionName: "echo" }));
  await lambda.send(
    new CreateAliasCommand({ FunctionName: "echo", Name: "live", FunctionVersion: "1" }),
  );
  await allow("echo");
  await allow("echo", "live");
  await allow("mapped");
}, 60_000);
afterAll(async () => {
  await cloud.close();
});

async function allow(FunctionName: string, Qualifier?: string): Promise<void> {
  await lambda.send(
    new AddPermissionCommand({
      FunctionName,
      Qualifier,
      StatementId: "gateway",
      Action: "lambda:InvokeFunction",
      Principal: "apigateway.amazonaws.com",
      SourceArn: "arn:aws:execute-api:us-east-1:000000000000:*/*/*/*",
    }),
  );
}

function uriOf(name: string): string {
  const arn = `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
  return `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${arn}/invocations`;
}

function proxyTo(name: string, rest: Partial<MethodPlan["integration"]> = {}): MethodPlan {
  return {
    integration: {
      type: "AWS_PROXY",
      integrationHttpMethod: "POST",
      uri: uriOf(name),
      ...rest,
    },
  };
}

const deploy = (plan: ApiPlan, options = {}) => deployApi(cloud, client, plan, options);
const answering = (answer: unknown) => `?answer=${encodeURIComponent(JSON.stringify(answer))}`;
const INTERNAL = '{"message": "Internal server error"}';

describe("AWS_PROXY", () => {
  it("gives the function AWS's event", async () => {
    const { apiId, call, resourceIds } = await deploy({ "ANY /pets/{proxy+}": proxyTo("echo") });
    const response = await call("/prod//pets/a%20b/c/?x=1&x=2&y=a+b", {
      method: "POST",
      body: '{"name":"Ann"}',
      headers: { "x-OWN": "1", "content-type": "application/json", "user-agent": "test" },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    const event = (await response.json()) as ProxyEvent;
    expect(event).toMatchObject({
      resource: "/pets/{proxy+}",
      path: "/pets/a%20b/c/",
      httpMethod: "POST",
      queryStringParameters: { x: "2", y: "a b" },
      multiValueQueryStringParameters: { x: ["1", "2"], y: ["a b"] },
      pathParameters: { proxy: "a%20b/c" },
      stageVariables: null,
      body: '{"name":"Ann"}',
      isBase64Encoded: false,
    });
    expect(event.headers).toMatchObject({
      "x-OWN": "1",
      "User-Agent": "test",
      Host: `127.0.0.1:${cloud.port}`,
      "X-Forwarded-For": "127.0.0.1",
      "X-Forwarded-Port": String(cloud.port),
      "X-Forwarded-Proto": "http",
      "X-Amzn-Trace-Id": expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}/),
    });
    expect(event.multiValueHeaders["x-OWN"]).toEqual(["1"]);
    expect(Object.keys(event.headers).map((name) => name.toLowerCase())).not.toContain(
      "content-length",
    );
    expect(event.requestContext).toEqual({
      resourceId: resourceIds.get("/pets/{proxy+}"),
      resourcePath: "/pets/{proxy+}",
      httpMethod: "POST",
      extendedRequestId: response.headers.get("x-amz-apigw-id"),
      requestTime: expect.stringMatching(/^\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} \+0000$/),
      path: "/prod//pets/a%20b/c/",
      accountId: "000000000000",
      protocol: "HTTP/1.1",
      stage: "prod",
      domainPrefix: apiId,
      requestTimeEpoch: expect.any(Number),
      requestId: response.headers.get("x-amzn-requestid"),
      identity: {
        cognitoIdentityPoolId: null,
        accountId: null,
        cognitoIdentityId: null,
        caller: null,
        sourceIp: "127.0.0.1",
        principalOrgId: null,
        accessKey: null,
        cognitoAuthenticationType: null,
        cognitoAuthenticationProvider: null,
        userArn: null,
        userAgent: "test",
        user: null,
      },
      domainName: `${apiId}.execute-api.us-east-1.amazonaws.com`,
      deploymentId: expect.stringMatching(/^[a-z0-9]{6}$/),
      apiId,
    });
  });

  it("has nulls where a request has nothing", async () => {
    const { call } = await deploy({ "GET /": proxyTo("echo") });
    const event = (await (await call("/prod")).json()) as ProxyEvent;
    expect(event).toMatchObject({
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      pathParameters: null,
      stageVariables: null,
      body: null,
    });
  });

  it("sends the function's status, headers and body as they are", async () => {
    const { call } = await deploy({ "GET /": proxyTo("echo") });
    const answer = {
      statusCode: 418,
      headers: { "content-type": "text/plain" },
      multiValueHeaders: { "Set-Cookie": ["a=1", "b=2"] },
      body: "short and stout",
    };
    const response = await call(`/prod${answering(answer)}`);
    expect(response.status).toBe(418);
    expect(response.headers.get("content-type")).toBe("text/plain");
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(response.headers.get("x-amzn-trace-id")).toMatch(/^Root=1-/);
    expect(await response.text()).toBe("short and stout");
  });

  it("carries binary both ways for the API's binary media types", async () => {
    const { call } = await deploy(
      { "ANY /": proxyTo("echo") },
      { binaryMediaTypes: ["application/octet-stream"] },
    );
    const sent = await call("/prod", {
      method: "POST",
      body: new Uint8Array([0, 255, 128]),
      headers: { "content-type": "application/octet-stream" },
    });
    expect((await sent.json()) as ProxyEvent).toMatchObject({
      body: "AP+A",
      isBase64Encoded: true,
    });
    const path = `/prod${answering({ statusCode: 200, body: "AP+A", isBase64Encoded: true })}`;
    const binary = await call(path, { headers: { accept: "application/octet-stream" } });
    expect([...new Uint8Array(await binary.arrayBuffer())]).toEqual([0, 255, 128]);
    const asText = await call(path, { headers: { accept: "text/plain" } });
    expect(await asText.text()).toBe("AP+A");
  });

  it.each([
    ["an unknown member", answering({ statusCode: 200, wrong: 1 }), 502],
    ["a body that is no string", answering({ statusCode: 200, body: {} }), 502],
    ["a list", answering([]), 502],
    ["an exception", "?fail=oops", 502],
  ])("is a 502 for %s", async (_what, query, status) => {
    const { call } = await deploy({ "GET /": proxyTo("echo") });
    const response = await call(`/prod${query}`);
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(INTERNAL);
    expect(response.headers.get("x-amzn-errortype")).toBe("InternalServerErrorException");
  });

  it("is a 504 when the function takes longer than the integration allows", async () => {
    const { call } = await deploy({ "GET /": proxyTo("echo", { timeoutInMillis: 100 }) });
    const response = await call("/prod?sleep=0.5");
    expect(response.status).toBe(504);
    expect(await response.text()).toBe('{"message": "Endpoint request timed out"}');
  });

  it("is a 500 without permission, with a wrong method, and for a function that is not there", async () => {
    const { call } = await deploy({
      "GET /closed": proxyTo("closed"),
      "GET /wrong": proxyTo("echo", { integrationHttpMethod: "GET" }),
      "GET /gone": proxyTo("gone"),
    });
    for (const path of ["/prod/closed", "/prod/wrong", "/prod/gone"]) {
      const response = await call(path);
      expect([path, response.status]).toEqual([path, 500]);
      expect(await response.text()).toBe(INTERNAL);
    }
  });

  it("is a 502 when the function is throttled", async () => {
    await allow("throttled");
    await lambda.send(
      new PutFunctionConcurrencyCommand({
        FunctionName: "throttled",
        ReservedConcurrentExecutions: 0,
      }),
    );
    const { call } = await deploy({ "GET /": proxyTo("throttled") });
    const response = await call("/prod");
    expect(response.status).toBe(502);
    expect(await response.text()).toBe(INTERNAL);
  });

  it("finds the alias by a stage variable", async () => {
    const { apiId, call } = await deploy({
      "GET /": proxyTo("echo:${stageVariables.alias}"),
    });
    expect((await call("/prod")).status).toBe(500);
    await client.send(
      new UpdateStageCommand({
        restApiId: apiId,
        stageName: "prod",
        patchOperations: [{ op: "replace", path: "/variables/alias", value: "live" }],
      }),
    );
    const event = (await (await call("/prod")).json()) as ProxyEvent;
    expect(event.stageVariables).toEqual({ alias: "live" });
  });

  it("finds a canary's alias by its override of the stage variable", async () => {
    const { apiId, call } = await deploy({ "GET /": proxyTo("echo:${stageVariables.alias}") });
    await client.send(
      new UpdateStageCommand({
        restApiId: apiId,
        stageName: "prod",
        patchOperations: [
          { op: "replace", path: "/variables/alias", value: "nowhere" },
          { op: "replace", path: "/canarySettings/percentTraffic", value: "100" },
          { op: "replace", path: "/canarySettings/stageVariableOverrides/alias", value: "live" },
        ],
      }),
    );
    const response = await call("/prod");
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ stageVariables: { alias: "live" } });
  });
});

describe("AWS", () => {
  it("maps the request, and selects the response by the function's error message", async () => {
    const { call } = await deploy({
      "POST /": {
        integration: {
          type: "AWS",
          integrationHttpMethod: "POST",
          uri: uriOf("mapped"),
          requestTemplates: {
            "application/json": `{"fail": "$input.path('$.fail')", "who": "$input.params('who')", "raw": $input.json('$')}`,
          },
        },
        responses: [
          { statusCode: "200" },
          {
            statusCode: "404",
            selectionPattern: "NotFound.*",
            responseTemplates: { "application/json": `{"m":"$input.path('$.errorMessage')"}` },
          },
        ],
      },
    });
    const send = (body: object) =>
      call("/prod?who=me", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    expect(await (await send({ a: 1 })).json()).toEqual({
      got: { fail: "", who: "me", raw: { a: 1 } },
    });
    const missing = await send({ fail: "NotFound: pet 7" });
    expect(missing.status).toBe(404);
    expect(await missing.json()).toEqual({ m: "NotFound: pet 7" });
    const other = await send({ fail: "else" });
    expect(other.status).toBe(200);
    expect(await other.json()).toMatchObject({ errorMessage: "else" });
  });
});

it("made the cloud warn of nothing on the way", () => {
  expect(cloud.warnings).toEqual([]);
});
