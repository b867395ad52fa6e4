// What an error looks like in each protocol, byte for byte: SDKs in other languages, the CLI and plain
// curl scripts read these envelopes, and each protocol has its own.
import { afterAll, beforeAll, expect, it } from "vitest";
import { AwsError } from "../../src/aws-error.ts";
import { raw, scope, type RawRequest } from "./raw-request.ts";
import { startWireServer, type WireServer } from "./wire-server.ts";

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer({ checkConstraints: false });
});
afterAll(() => server.close());

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const query = (service: string, body: string): RawRequest => ({
  headers: { ...scope(service), ...FORM },
  body,
});
const json = (version: string, target: string, service: string): RawRequest => ({
  headers: {
    ...scope(service),
    "content-type": `application/x-amz-json-${version}`,
    "x-amz-target": target,
  },
  body: "{}",
});
const rpcv2 = (format: string, body: string | Uint8Array): RawRequest => ({
  path: "/service/GraniteServiceVersion20100801/operation/ListMetrics",
  headers: { ...scope("monitoring"), "smithy-protocol": `rpc-v2-${format}` },
  body,
});
const NS = {
  iam: "https://iam.amazonaws.com/doc/2010-05-08/",
  monitoring: "http://monitoring.amazonaws.com/doc/2010-08-01/",
  route53: "https://route53.amazonaws.com/doc/2013-04-01/",
};

const ID = "request-id-1";
const TEXT = `No <such> "thing" & more`;
const ESCAPED = "No &lt;such&gt; &quot;thing&quot; &amp; more";

it.each<[name: string, RawRequest, AwsError, status: number, headers: object, body: string]>([
  [
    "restJson1, modelled",
    { method: "GET", path: "/2015-03-31/functions/f", headers: scope("lambda") },
    new AwsError("ResourceNotFoundException", TEXT, { members: { Type: "User" } }),
    404,
    {
      "content-type": "application/json",
      "x-amzn-errortype": "ResourceNotFoundException",
      "x-amzn-requestid": ID,
    },
    JSON.stringify({ Type: "User", Message: TEXT }),
  ],
  [
    "restJson1, with a member in a header",
    { method: "GET", path: "/2015-03-31/functions/f", headers: scope("lambda") },
    new AwsError("TooManyRequestsException", "Rate Exceeded.", {
      members: { retryAfterSeconds: "3", Reason: "CallerRateLimitExceeded" },
    }),
    429,
    { "retry-after": "3" },
    JSON.stringify({ message: "Rate Exceeded.", Reason: "CallerRateLimitExceeded" }),
  ],
  [
    "restJson1, not modelled",
    { method: "GET", path: "/restapis", headers: scope("apigateway") },
    new AwsError("AccessDeniedException", TEXT, { status: 403 }),
    403,
    { "x-amzn-errortype": "AccessDeniedException" },
    JSON.stringify({ message: TEXT }),
  ],
  [
    "awsJson1_1",
    json("1.1", "Logs_20140328.DescribeLogGroups", "logs"),
    new AwsError("ResourceNotFoundException", TEXT),
    400,
    { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": ID },
    JSON.stringify({ __type: "ResourceNotFoundException", message: TEXT }),
  ],
  [
    "awsJson1_0 that once was query",
    json("1.0", "GraniteServiceVersion20100801.ListMetrics", "monitoring"),
    new AwsError("ResourceNotFound", TEXT),
    404,
    {
      "content-type": "application/x-amz-json-1.0",
      "x-amzn-query-error": "ResourceNotFound;Sender",
      "x-amzn-requestid": ID,
    },
    JSON.stringify({ __type: "com.amazonaws.cloudwatch#ResourceNotFound", message: TEXT }),
  ],
  [
    "rpcv2Json",
    rpcv2("json", "{}"),
    new AwsError("InternalServiceFault", TEXT),
    500,
    {
      "content-type": "application/json",
      "smithy-protocol": "rpc-v2-json",
      "x-amzn-query-error": "InternalServiceError;Receiver",
    },
    JSON.stringify({ __type: "com.amazonaws.cloudwatch#InternalServiceFault", Message: TEXT }),
  ],
  [
    "awsQuery, whose code is older than the shape's name",
    query("iam", "Action=GetRole&Version=2010-05-08&RoleName=r"),
    new AwsError("NoSuchEntityException", TEXT),
    404,
    { "content-type": "text/xml;charset=UTF-8", "x-amzn-requestid": ID },
    `<ErrorResponse xmlns="${NS.iam}"><Error><Type>Sender</Type><Code>NoSuchEntity</Code>` +
      `<Message>${ESCAPED}</Message></Error><RequestId>${ID}</RequestId></ErrorResponse>`,
  ],
  [
    "awsQuery, with members",
    query("monitoring", "Action=PutDashboard&Version=2010-08-01&DashboardName=d&DashboardBody=x"),
    new AwsError("InvalidParameterInput", "bad", {
      members: { dashboardValidationMessages: [{ DataPath: "/a", Message: "b" }] },
    }),
    400,
    {},
    `<ErrorResponse xmlns="${NS.monitoring}"><Error><Type>Sender</Type><Code>InvalidParameterInput</Code>` +
      "<Message>bad</Message><dashboardValidationMessages><member><DataPath>/a</DataPath><Message>b" +
      `</Message></member></dashboardValidationMessages></Error><RequestId>${ID}</RequestId></ErrorResponse>`,
  ],
  [
    "ec2Query",
    query("ec2", "Action=DescribeVpcs&Version=2016-11-15"),
    new AwsError("InvalidVpcID.NotFound", TEXT),
    400,
    { "content-type": "text/xml;charset=UTF-8" },
    `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code>` +
      `<Message>${ESCAPED}</Message></Error></Errors><RequestID>${ID}</RequestID></Response>`,
  ],
  [
    "restXml",
    { method: "GET", path: "/2013-04-01/hostedzone/Z1", headers: scope("route53") },
    new AwsError("NoSuchHostedZone", TEXT),
    404,
    { "content-type": "application/xml", "x-amzn-requestid": ID },
    `<?xml version="1.0"?>\n<ErrorResponse xmlns="${NS.route53}"><Error><Type>Sender</Type>` +
      `<Code>NoSuchHostedZone</Code><Message>${ESCAPED}</Message></Error><RequestId>${ID}</RequestId></ErrorResponse>`,
  ],
])("%s", async (_name, request, error, status, headers, body) => {
  server.answer(() => {
    throw error;
  });
  const answer = await raw(server.endpoint, request);
  expect(answer.body).toBe(body);
  expect(answer.status).toBe(status);
  expect(answer.headers).toMatchObject(headers);
});

it("says nothing of a fault of ours but that there was one", async () => {
  server.answer(() => {
    throw new TypeError("secret detail");
  });
  const answer = await raw(server.endpoint, {
    method: "GET",
    path: "/2015-03-31/functions/f",
    headers: scope("lambda"),
  });
  expect(answer.status).toBe(500);
  expect(answer.headers["x-amzn-errortype"]).toBe("InternalFailure");
  expect(answer.body).not.toContain("secret");
});
