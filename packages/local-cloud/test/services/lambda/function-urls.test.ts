import {
  AddPermissionCommand,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionUrlConfigCommand,
  GetFunctionUrlConfigCommand,
  ListFunctionUrlConfigsCommand,
  UpdateFunctionUrlConfigCommand,
} from "@aws-sdk/client-lambda";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { arnOf, errorOf, type LambdaCloud, lambdaCloud } from "./lambda-cloud.ts";

// Protects function URLs: their settings, who may call them, and the HTTP they speak.
let test: LambdaCloud;
beforeAll(async () => {
  test = await lambdaCloud();
});
afterAll(() => test.close());

const createUrl = (FunctionName: string, more: { Qualifier?: string; AuthType?: "AWS_IAM" } = {}) =>
  test.lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE", ...more }));
const getUrl = (FunctionName: string, Qualifier?: string) =>
  test.lambda.send(new GetFunctionUrlConfigCommand({ FunctionName, Qualifier }));
const permit = (FunctionName: string, more: { Action: string; StatementId: string }) =>
  test.lambda.send(new AddPermissionCommand({ FunctionName, Principal: "*", ...more }));
const URL_INVOKE = {
  StatementId: "public-url",
  Action: "lambda:InvokeFunctionUrl",
  FunctionUrlAuthType: "NONE",
} as const;
const INVOKE_BY_URL = {
  StatementId: "public-by-url",
  Action: "lambda:InvokeFunction",
  InvokedViaFunctionUrl: true,
} as const;
/** Lets everybody call the URL. */
async function open(FunctionName: string) {
  await permit(FunctionName, URL_INVOKE);
  await permit(FunctionName, INVOKE_BY_URL);
}

it("keeps settings as AWS does", async () => {
  await test.create("url");
  const created = await createUrl("url");
  expect(created.$metadata.httpStatusCode).toBe(201);
  expect(created).toMatchObject({ AuthType: "NONE", FunctionArn: arnOf("url") });
  expect(created.FunctionUrl).toMatch(
    /^http:\/\/[a-z0-9]{32}\.lambda-url\.us-east-1\.localhost:\d+\/$/,
  );
  expect(created.InvokeMode).toBeUndefined();
  expect(await errorOf(createUrl("url"))).toMatchObject({
    name: "ResourceConflictException",
    message: `Failed to create function url config for [functionArn = ${arnOf("url")}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
  });
  const named = { FunctionName: "url" };
  const updated = await test.lambda.send(
    new UpdateFunctionUrlConfigCommand({ ...named, AuthType: "AWS_IAM" }),
  );
  expect(updated.AuthType).toBe("AWS_IAM");
  expect(await getUrl("url")).toMatchObject({ AuthType: "AWS_IAM", InvokeMode: "BUFFERED" });
  const { FunctionUrlConfigs } = await test.lambda.send(new ListFunctionUrlConfigsCommand(named));
  expect(FunctionUrlConfigs).toHaveLength(1);
  await test.lambda.send(new DeleteFunctionUrlConfigCommand(named));
  const gone = {
    name: "ResourceNotFoundException",
    message: "The resource you requested does not exist.",
  };
  expect(await errorOf(getUrl("url"))).toMatchObject(gone);
  expect(await errorOf(getUrl("nobody"))).toMatchObject(gone);
  expect((await errorOf(createUrl("nobody"))).message).toBe("Function does not exist");
  expect((await errorOf(createUrl("url", { Qualifier: "no-alias" }))).message).toBe(
    "Function does not exist",
  );
  expect((await errorOf(createUrl("url", { Qualifier: "1" }))).message).toBe(
    String.raw`1 validation error detected: Value '1' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: ((?!^\d+$)^[0-9a-zA-Z-_]+$)`,
  );
});

/** `fetch` sets its own Host, and not every machine resolves *.localhost: so node:http, by address. */
async function call(functionUrl: string, path: string, body?: string) {
  const { host, port } = new URL(functionUrl);
  const headers = { host, "content-type": "text/plain", cookie: "a=1; b=2", "x-shade": "dark" };
  const method = body === undefined ? "GET" : "POST";
  const sent = request({ host: "127.0.0.1", port, path, method, headers });
  sent.end(body);
  const [response] = await new Promise<[import("node:http").IncomingMessage]>((resolve, reject) => {
    sent.on("response", (answer) => resolve([answer]));
    sent.on("error", reject);
  });
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

const HTTP_APP = [
  "import json",
  "def handler(event, context):",
  '    if event["rawPath"] == "/plain":',
  '        return {"plain": True}',
  '    if event["rawPath"] == "/fail":',
  '        raise ValueError("no")',
  '    if event["rawPath"] == "/own":',
  '        return json.loads(event["body"])',
  '    return {"statusCode": 201, "headers": {"x-made-by": "app"}, "cookies": ["c=3"],',
  '            "body": json.dumps(event)}',
].join("\n");

it("speaks HTTP, once two statements of its policy open it", async () => {
  await test.create("web", {}, HTTP_APP);
  const { FunctionUrl = "" } = await createUrl("web");
  const refused = async () => {
    const { status, headers, body } = await call(FunctionUrl, "/");
    expect([status, headers["x-amzn-errortype"]]).toEqual([403, "AccessDeniedException"]);
    expect(JSON.parse(body)).toEqual({ Message: expect.stringContaining("Forbidden") });
  };
  await refused();
  await permit("web", URL_INVOKE);
  await refused();
  await permit("web", INVOKE_BY_URL);
  const answer = await call(FunctionUrl, "/orders/7?size=s&size=m", "hello");
  expect(answer.status).toBe(201);
  expect(answer.headers).toMatchObject({ "x-made-by": "app", "set-cookie": ["c=3"] });
  expect(JSON.parse(answer.body)).toMatchObject({
    version: "2.0",
    routeKey: "$default",
    rawPath: "/orders/7",
    rawQueryString: "size=s&size=m",
    queryStringParameters: { size: "s,m" },
    cookies: ["a=1", "b=2"],
    headers: { "x-shade": "dark" },
    requestContext: { http: { method: "POST", path: "/orders/7" }, stage: "$default" },
    body: "hello",
    isBase64Encoded: false,
  });
  const plain = await call(FunctionUrl, "/plain");
  expect([plain.status, plain.body]).toEqual([200, '{"plain":true}'.replace(":", ": ")]);
  expect((await call(FunctionUrl, "/fail")).status).toBe(502);
});

it("sends no answer that HTTP could not carry, and frames every answer itself", async () => {
  await test.create("raw", {}, HTTP_APP);
  const { FunctionUrl = "" } = await createUrl("raw");
  await open("raw");
  const answerOf = (answer: object) => call(FunctionUrl, "/own", JSON.stringify(answer));
  const refused = [
    { statusCode: 200, headers: { "x-a": "1\r\nset-cookie: stolen=1" } },
    { statusCode: 200, headers: { "x a": "1" } },
    { statusCode: 200, cookies: ["a=1\r\nx-b: 2"] },
    { statusCode: 101 },
    { statusCode: 20.5 },
  ];
  for (const answer of refused) {
    const { status, body } = await answerOf(answer);
    expect([status, body]).toEqual([502, '{"Message":"Internal Server Error"}']);
  }
  const framed = await answerOf({
    statusCode: 200,
    headers: { "Content-Length": "1", "transfer-encoding": "gzip" },
    body: "whole",
  });
  expect([framed.status, framed.body]).toEqual([200, "whole"]);
});

it("gives the function the parameters that were sent, whatever their names", async () => {
  await test.create("names", {}, HTTP_APP);
  const { FunctionUrl = "" } = await createUrl("names");
  await open("names");
  const { body } = await call(FunctionUrl, "/?constructor=a&constructor=b&__proto__=c");
  const { queryStringParameters } = JSON.parse(body) as { queryStringParameters: object };
  expect(Object.entries(queryStringParameters)).toEqual([
    ["constructor", "a,b"],
    ["__proto__", "c"],
  ]);
});
