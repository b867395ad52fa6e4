// Which service, region and operation a request means, from everything that clients of all kinds send:
// signed, presigned, unsigned, with old and new protocols, or by curl.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { raw, scope, type RawRequest } from "./raw-request.ts";
import { startWireServer, type WireServer } from "./wire-server.ts";

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer({ checkConstraints: false });
  server.answer(() => ({}));
});
afterAll(() => server.close());

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const CALLER = "Action=GetCallerIdentity&Version=2011-06-15";
const credential = "X-Amz-Credential=ASIA1%2F20261121%2Feu-west-3%2Fsts%2Faws4_request";

describe("service, region and key", () => {
  it.each<[how: string, RawRequest, expected: object]>([
    [
      "the signature's scope",
      { headers: { ...scope("sts", "ap-south-1"), ...FORM }, body: CALLER },
      { service: "sts", region: "ap-south-1", accessKeyId: "AKIDEXAMPLE" },
    ],
    [
      "a presigned link",
      { method: "GET", path: `/?${CALLER}&${credential}&X-Amz-Signature=0` },
      { service: "sts", region: "eu-west-3", accessKeyId: "ASIA1" },
    ],
    [
      "X-Amz-Target",
      { headers: { "x-amz-target": "Logs_20140328.DescribeLogGroups" }, body: "{}" },
      { service: "logs", operation: "DescribeLogGroups", region: "eu-test-1", accessKeyId: "" },
    ],
    [
      "an rpcv2 path",
      {
        path: "/service/GraniteServiceVersion20100801/operation/ListMetrics",
        headers: { "smithy-protocol": "rpc-v2-json" },
        body: "{}",
      },
      { service: "monitoring", operation: "ListMetrics" },
    ],
    [
      "the API version of a query",
      { headers: FORM, body: "Action=ListRoles&Version=2010-05-08" },
      { service: "iam", operation: "ListRoles" },
    ],
    [
      "the host",
      {
        method: "GET",
        path: "/restapis",
        headers: { host: "apigateway.eu-west-1.localhost:4566" },
      },
      { service: "apigateway", operation: "GetRestApis", region: "eu-west-1" },
    ],
    [
      "the path",
      { method: "GET", path: "/2015-03-31/functions/" },
      { service: "lambda", operation: "ListFunctions" },
    ],
  ])("by %s", async (_how, request, expected) => {
    expect((await raw(server.endpoint, request)).status).toBe(200);
    expect(server.last()).toMatchObject({ kind: "call", ...expected });
  });
});

describe("operation", () => {
  const lambda = (method: string, path: string): RawRequest => ({
    method,
    path,
    headers: scope("lambda"),
  });
  const apigateway = (method: string, path: string, body = ""): RawRequest => ({
    method,
    path,
    headers: scope("apigateway"),
    body,
  });

  it.each<[how: string, RawRequest, operation: string, input: object]>([
    ["without a trailing slash", lambda("GET", "/2015-03-31/functions"), "ListFunctions", {}],
    ["with a trailing slash", lambda("GET", "/2015-03-31/functions/f/"), "GetFunction", {}],
    [
      "an encoded slash in a label",
      lambda("GET", "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A1%3Afunction%3Aa%2Fb%20c"),
      "ListTags",
      { Resource: "arn:aws:lambda:us-east-1:1:function:a/b c" },
    ],
    ["no query literal", apigateway("POST", "/restapis", "{}"), "CreateRestApi", {}],
    [
      "a query literal, which is no parameter",
      apigateway("POST", "/restapis?mode=import&basepath=prepend", "{}"),
      "ImportRestApi",
      { parameters: { basepath: "prepend" } },
    ],
    [
      "a parameter given more than once",
      lambda("DELETE", "/2017-03-31/tags/arn?tagKeys=a&tagKeys=b%26c"),
      "UntagResource",
      { TagKeys: ["a", "b&c"] },
    ],
    [
      "query parameters of the other content type",
      { headers: scope("sts"), path: `/?${CALLER}` },
      "GetCallerIdentity",
      {},
    ],
  ])("with %s", async (_how, request, operation, input) => {
    const answer = await raw(server.endpoint, request);
    const decoded = server.last();
    expect(decoded).toMatchObject({ kind: "call", operation, input });
    expect(answer.status).toBeLessThan(300);
  });
});

describe("what the cloud does not have", () => {
  it.each<[what: string, RawRequest, status: number, body: RegExp]>([
    [
      "an operation by path",
      { method: "GET", path: "/2015-03-31/frobs", headers: scope("lambda") },
      501,
      /does not have lambda GET \/2015-03-31\/frobs yet/,
    ],
    [
      "an operation by target",
      { headers: { ...scope("logs"), "x-amz-target": "Logs_20140328.Frob" }, body: "{}" },
      501,
      /^{"__type":"NotImplemented","message":"The local cloud does not have logs Frob yet/,
    ],
    [
      "an operation by action",
      { headers: { ...scope("iam"), ...FORM }, body: "Action=Frob&Version=2010-05-08" },
      501,
      /^<ErrorResponse .*<Code>NotImplemented<.*iam Frob yet/,
    ],
    [
      "a service, named by the scope",
      { headers: { ...scope("dynamodb"), "x-amz-target": "DynamoDB_20120810.ListTables" } },
      501,
      /^{"__type":"NotImplemented","message":"The local cloud does not have the service dynamodb\. It has: apigateway, /,
    ],
    [
      "a service whose clients read XML",
      { method: "GET", path: "/bucket", headers: scope("s3") },
      501,
      /^<\?xml version="1\.0"\?>\n<ErrorResponse><Error>.*<Code>NotImplemented/,
    ],
    [
      "anything that can be told",
      { method: "GET", path: "/foo" },
      404,
      /names no AWS service.*It has: /,
    ],
  ])("%s", async (_what, request, status, body) => {
    const answer = await raw(server.endpoint, request);
    expect(answer.body).toMatch(body);
    expect(answer.status).toBe(status);
    expect(answer.headers["x-amzn-requestid"]).toBe("request-id-1");
  });
});
