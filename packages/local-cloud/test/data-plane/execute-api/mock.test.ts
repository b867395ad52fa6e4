// Protects MOCK integrations, mapping templates, gateway responses and what a client sees of failures.
import {
  APIGatewayClient,
  DeleteRestApiCommand,
  PutGatewayResponseCommand,
  UpdateRestApiCommand,
} from "@aws-sdk/client-api-gateway";
import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";
import { type ApiPlan, deployApi, type MethodPlan, mock, type TestApi } from "./test-api.ts";

let cloud: TestCloud;
let client: APIGatewayClient;

beforeAll(async () => {
  cloud = await startTestCloud();
  client = cloud.client(APIGatewayClient);
});
afterAll(async () => {
  await cloud.close();
});

const deploy = (plan: ApiPlan): Promise<TestApi> => deployApi(cloud, client, plan);

/** Over a raw socket's Host header, which fetch would not let us set. */
function getByHost(host: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ port: cloud.port, path, headers: { host } }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (part: string) => (body += part));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on("error", reject).end();
  });
}

describe("the way in", () => {
  it("is the path and every host name of the API", async () => {
    const { apiId, call } = await deploy({ "GET /": mock("hello") });
    const byPath = await call("/prod");
    expect(byPath.status).toBe(200);
    expect(await byPath.text()).toBe("hello");
    expect(byPath.headers.get("content-type")).toBe("application/json");
    expect(byPath.headers.get("x-amzn-requestid")).toMatch(/^[0-9a-f-]{36}$/);
    expect(byPath.headers.get("x-amz-apigw-id")).toMatch(/^.{15}=$/);
    const hosts = [
      `${apiId}.execute-api.us-east-1.amazonaws.com`,
      `${apiId}.execute-api.us-east-1.localhost:${cloud.port}`,
      `${apiId}.execute-api.localhost:${cloud.port}`,
    ];
    for (const host of hosts) {
      expect(await getByHost(host, "/prod/?a=1")).toEqual({ status: 200, body: "hello" });
    }
  });

  it("serves a snapshot: editing the API changes nothing until it is deployed", async () => {
    const { apiId, call, deploy: deployAgain } = await deploy({ "GET /": mock("old") });
    await client.send(
      new PutGatewayResponseCommand({
        restApiId: apiId,
        responseType: "MISSING_AUTHENTICATION_TOKEN",
        statusCode: "404",
      }),
    );
    expect((await call("/prod/nope")).status).toBe(403);
    await deployAgain();
    expect((await call("/prod/nope")).status).toBe(404);
  });

  it("is shut when the default endpoint is disabled and when the API is gone", async () => {
    const { apiId, call, deploy: deployAgain } = await deploy({ "GET /": mock("here") });
    await client.send(
      new UpdateRestApiCommand({
        restApiId: apiId,
        patchOperations: [{ op: "replace", path: "/disableExecuteApiEndpoint", value: "true" }],
      }),
    );
    await deployAgain();
    expect((await call("/prod")).status).toBe(403);
    await client.send(new DeleteRestApiCommand({ restApiId: apiId }));
    expect(await (await call("/prod")).text()).toBe('{"message":"Forbidden"}');
  });
});

const INTERNAL = '{"message": "Internal server error"}';
const brokenTemplate: MethodPlan = {
  integration: {
    type: "MOCK",
    requestTemplates: { "application/json": "#if($input.body.nope(" },
  },
};

describe("what a client sees of a failure", () => {
  it.each([
    ["GET", "/nowhere/x", 403, '{"message":"Forbidden"}', "ForbiddenException"],
    [
      "GET",
      "/prod/nope",
      403,
      '{"message":"Missing Authentication Token"}',
      "MissingAuthenticationTokenException",
    ],
    [
      "DELETE",
      "/prod/ok",
      403,
      '{"message":"Missing Authentication Token"}',
      "MissingAuthenticationTokenException",
    ],
    ["HEAD", "/prod/ok", 403, "", "MissingAuthenticationTokenException"],
    [
      "GET",
      "/prod/iam",
      403,
      '{"message":"Missing Authentication Token"}',
      "MissingAuthenticationTokenException",
    ],
    ["GET", "/prod/key", 403, '{"message":"Forbidden"}', "ForbiddenException"],
    ["GET", "/prod/broken", 500, INTERNAL, "InternalServerErrorException"],
    ["GET", "/prod/unmapped", 500, INTERNAL, "InternalServerErrorException"],
  ])("%s %s is a %i", async (method, path, status, body, errorType) => {
    const { call } = await deploy({
      "GET /ok": mock("ok"),
      "GET /iam": { ...mock("ok"), method: { authorizationType: "AWS_IAM" } },
      "GET /key": { ...mock("ok"), method: { apiKeyRequired: true } },
      "GET /broken": brokenTemplate,
      "GET /unmapped": { ...mock("ok"), responses: [] },
    });
    const response = await call(path, { method });
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(body);
    expect(response.headers.get("x-amzn-errortype")).toBe(errorType);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("x-amzn-requestid")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("is a 413 for more than 10 MB", async () => {
    const { call } = await deploy({ "POST /": mock("ok") });
    const response = await call("/prod", {
      method: "POST",
      body: new Uint8Array(10 * 1024 * 1024 + 1),
    });
    expect(response.status).toBe(413);
    expect(await response.text()).toBe('{"message":"Request Too Long"}');
  });

  it("is what the API's gateway response says", async () => {
    const { apiId, call, deploy: deployAgain } = await deploy({ "GET /": mock("ok") });
    await client.send(
      new PutGatewayResponseCommand({
        restApiId: apiId,
        responseType: "DEFAULT_4XX",
        statusCode: "418",
        responseParameters: {
          "gatewayresponse.header.Access-Control-Allow-Origin": "'*'",
          "gatewayresponse.header.x-asked": "method.request.querystring.q",
        },
        responseTemplates: {
          "application/json":
            '{"why":$context.error.messageString,"type":"$context.error.responseType","stage":"$context.stage"}',
        },
      }),
    );
    await deployAgain();
    const response = await call("/prod/nope?q=7");
    expect(response.status).toBe(418);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("x-asked")).toBe("7");
    expect(await response.json()).toEqual({
      why: "Missing Authentication Token",
      type: "MISSING_AUTHENTICATION_TOKEN",
      stage: "prod",
    });
    const injecting = await call("/prod/nope?q=a%0d%0ax-injected:%201");
    expect(injecting.status).toBe(418);
    expect(injecting.headers.get("x-asked")).toBeNull();
    expect(injecting.headers.get("x-injected")).toBeNull();
  });
});

/** A MOCK whose response template is `template`; the request reaches `$input` of the response as "". */
async function rendered(template: string, path = "/prod/pets/7?q=a%20b", init?: RequestInit) {
  const { call } = await deploy({
    "ANY /pets/{id}": {
      integration: {
        type: "MOCK",
        requestTemplates: { "application/json": '{"statusCode": 200}' },
      },
      responses: [{ statusCode: "200", responseTemplates: { "application/json": template } }],
    },
  });
  return (await call(path, init)).text();
}

describe("mapping templates", () => {
  it.each([
    ["$input.params('id') $input.params('q') $input.params('X-Test')", "7 a b yes"],
    ["[$input.params('constructor')][$input.params('toString')]", "[][]"],
    ["$input.params().path.id", "7"],
    ["#foreach($p in $input.params().querystring.keySet())<$p>#end", "<q>"],
    ["$context.httpMethod $context.resourcePath $context.stage", "GET /pets/{id} prod"],
    ["$context.identity.sourceIp", "127.0.0.1"],
    ["[$stageVariables.missing][$nothing][$!nothing]", "[][][]"],
    ["$util.urlEncode('a b&c') $util.urlDecode('a+b%26')", "a+b%26c a b&"],
    ["$util.base64Encode('hi') $util.base64Decode('aGk=')", "aGk= hi"],
    [`$util.escapeJavaScript("it's")`, "it\\'s"],
    [
      `#set($m = $util.parseJson('{"a":1,"b":[{"c":2}],"d":{"e":"f"}}'))$m $m.b $m.d.e $m.keySet().size()`,
      '{a=1, b=[{"c":2}], d={e=f}} [{"c":2}] f 3',
    ],
    ["#set($m = {})#set($x = $m.put('k', 'v'))$m.k$m.size()", "v1"],
    [`#set($s = "Hello")$s.length() $s.contains("ell") $s.replaceAll("l+", "L")`, "5 true HeLo"],
    ["#if($input.params('q') == 'a b')yes#{else}no#end", "yes"],
    ["#set($context.responseOverride.status = 201)made", "made"],
  ])("renders %s", async (template, expected) => {
    const text = await rendered(template, undefined, { headers: { "x-test": "yes" } });
    expect(text).toBe(expected);
  });

  it("choose the mock's status and let overrides win", async () => {
    const { call } = await deploy({
      "GET /": {
        integration: {
          type: "MOCK",
          requestTemplates: {
            "application/json":
              "#if($input.params('fail') != '')#set($code = 500)#else#set($code = 200)#end{statusCode: $code}",
          },
        },
        responses: [
          { statusCode: "200", responseTemplates: { "application/json": "fine" } },
          {
            statusCode: "503",
            selectionPattern: "5\\d{2}",
            responseParameters: { "method.response.header.Retry-After": "'5'" },
            responseTemplates: {
              "application/json": "#set($context.responseOverride.header.X-Why = 'asked')sorry",
            },
          },
        ],
      },
    });
    expect(await (await call("/prod")).text()).toBe("fine");
    const failed = await call("/prod?fail=1");
    expect(failed.status).toBe(503);
    expect(await failed.text()).toBe("sorry");
    expect(failed.headers.get("retry-after")).toBe("5");
    expect(failed.headers.get("x-why")).toBe("asked");
  });

  it("cannot make headers that HTTP does not carry", async () => {
    const template = "#set($context.responseOverride.header.X-Q = $input.params('q'))fine";
    expect(await rendered(template, "/prod/pets/7?q=a")).toBe("fine");
    expect(await rendered(template, "/prod/pets/7?q=a%0d%0ax-injected:%201")).toBe(INTERNAL);
  });

  it("are refused for a content type that has none, when the integration says so", async () => {
    const { call } = await deploy({
      "POST /": {
        ...mock("ok"),
        integration: { ...mock("ok").integration, passthroughBehavior: "NEVER" },
      },
    });
    const response = await call("/prod", {
      method: "POST",
      body: "x",
      headers: { "content-type": "text/csv" },
    });
    expect(response.status).toBe(415);
    expect(await response.text()).toBe('{"message":"Unsupported Media Type"}');
  });
});

it("made the cloud warn of nothing on the way", () => {
  expect(cloud.warnings).toEqual([]);
});
