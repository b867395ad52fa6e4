// Protects the server against what no good client sends: every bad request has its answer in the words of
// its protocol, changes nothing, and the next request finds the cloud as it was.
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateRoleCommand, IAMClient, ListRolesCommand } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { deepEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { request as httpRequest } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { errorOf } from "../services/lambda/lambda-cloud.ts";
import { startTestCloud, type TestCloud } from "../support/test-cloud.ts";
import { zipOf } from "../support/worker-cloud.ts";
import { rawBytes, type RawAnswer, rawCall, type RawCall, signedFor } from "./raw-call.ts";

const BODY_MAX = 75_497_472;
const ROLE = "arn:aws:iam::000000000000:role/shop";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
  const Statement = [
    { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
  ];
  await cloud.client(IAMClient).send(
    new CreateRoleCommand({
      RoleName: "shop",
      AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }),
    }),
  );
});
afterAll(() => cloud.close());

/** Everything that the bad requests of this file try to make. */
async function made(): Promise<readonly number[]> {
  const lists = await Promise.all([
    cloud.client(IAMClient).send(new ListRolesCommand({})),
    cloud.client(LambdaClient).send(new ListFunctionsCommand({})),
    cloud.client(CloudWatchLogsClient).send(new DescribeLogGroupsCommand({})),
    cloud.client(SecretsManagerClient).send(new ListSecretsCommand({})),
  ]);
  const [{ Roles }, { Functions }, { logGroups }, { SecretList }] = lists;
  return [Roles, Functions, logGroups, SecretList].map((list) => list?.length ?? 0);
}

afterEach(async () => {
  deepEqual(await made(), [1, 0, 0, 0]);
  deepEqual(cloud.warnings, []);
});

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const json = (version: string, target: string) => ({
  "content-type": `application/x-amz-json-${version}`,
  "x-amz-target": target,
});
const CREATE_GROUP = json("1.1", "Logs_20140328.CreateLogGroup");
const CBOR = { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" };
const PUT_METRICS = "/service/GraniteServiceVersion20100801/operation/PutMetricData";

/** The error of an answer in any protocol: code and message. */
function faultOf({ body, errorType }: RawAnswer): readonly (string | null | undefined)[] {
  const xml = /<Code>(.*?)<\/Code><Message>(.*?)<\/Message>/s.exec(body);
  if (xml !== null) return xml.slice(1);
  const parsed = JSON.parse(body) as { __type?: string; message?: string };
  return [errorType ?? parsed.__type, parsed.message];
}

describe("a body that cannot be read", () => {
  it.each<[string, RawCall, readonly [number, string | null, string, string]]>([
    [
      "JSON 1.1",
      { service: "logs", headers: CREATE_GROUP, body: '{"logGroupName": ' },
      [400, "application/x-amz-json-1.1", "SerializationException", "Unexpected end of JSON input"],
    ],
    [
      "JSON 1.1 of another shape",
      { service: "logs", headers: CREATE_GROUP, body: "[]" },
      [
        400,
        "application/x-amz-json-1.1",
        "SerializationException",
        "class java.util.ArrayList can not be converted to an Structure",
      ],
    ],
    [
      "JSON 1.0",
      {
        service: "monitoring",
        headers: json("1.0", "GraniteServiceVersion20100801.PutMetricData"),
        body: "{",
      },
      [
        400,
        "application/x-amz-json-1.0",
        "com.amazonaws.cloudwatch#SerializationException",
        "Expected property name or '}' in JSON at position 1 (line 1 column 2)",
      ],
    ],
    [
      "REST JSON",
      { service: "lambda", path: "/2015-03-31/functions", body: "{" },
      [
        400,
        "application/json",
        "SerializationException",
        "Expected property name or '}' in JSON at position 1 (line 1 column 2)",
      ],
    ],
    [
      "a form with a number that is none",
      {
        service: "monitoring",
        headers: FORM,
        body:
          "Action=PutMetricData&Version=2010-08-01&Namespace=A" +
          "&MetricData.member.1.MetricName=x&MetricData.member.1.Value=abc",
      },
      [
        400,
        "text/xml;charset=UTF-8",
        "SerializationException",
        "&quot;abc&quot; can not be converted to a Number",
      ],
    ],
    [
      "a form without an action",
      { service: "sts", headers: FORM, body: "%%%=1&&&=" },
      [400, "text/xml;charset=UTF-8", "MissingAction", "The request names no operation of sts."],
    ],
  ])("%s", async (_protocol, call, [status, type, code, message]) => {
    const answer = await rawCall(cloud.url, call);
    expect([answer.status, answer.type, ...faultOf(answer)]).toEqual([status, type, code, message]);
  });

  it("CBOR", async () => {
    for (const body of [Buffer.from("a1ff", "hex"), Buffer.from("bf6949", "hex")]) {
      const answer = await rawCall(cloud.url, {
        service: "monitoring",
        path: PUT_METRICS,
        headers: CBOR,
        body,
      });
      expect(answer).toMatchObject({ status: 400, type: "application/cbor" });
      expect(answer.body).toContain("SerializationException");
      expect(answer.body).toContain("The request body is not valid CBOR.");
    }
  });

  /** Bytes without sense, the same in each run. */
  const noise = (outputLength: number) =>
    Uint8Array.from(createHash("shake256", { outputLength }).update("noise").digest());

  it("is refused from random bytes in every protocol, never answered with a fault of ours", async () => {
    const calls: readonly RawCall[] = [
      { service: "logs", headers: CREATE_GROUP },
      { service: "secretsmanager", headers: json("1.1", "secretsmanager.CreateSecret") },
      { service: "monitoring", path: PUT_METRICS, headers: CBOR },
      { service: "iam", headers: FORM },
      { service: "sts", headers: FORM },
      { service: "lambda", path: "/2015-03-31/functions" },
      { service: "apigateway", path: "/restapis" },
    ];
    for (const call of calls) {
      const answers = [1, 10, 1000].map((size) =>
        rawCall(cloud.url, { ...call, body: noise(size) }),
      );
      for (const { status } of await Promise.all(answers)) expect(status).toBe(400);
    }
  });
});

describe("what the cloud does not have", () => {
  const HAS =
    "It has: apigateway, codedeploy, ec2, ecr, ecs, elasticloadbalancing, events, iam, lambda, logs, monitoring, route53, " +
    "secretsmanager, sns, ssm, sts, vpc-lattice.";

  it.each<[string, RawCall, readonly [number, string, string]]>([
    [
      "a service in the signature's scope",
      { service: "dynamodb", headers: json("1.0", "DynamoDB_20120810.ListTables"), body: "{}" },
      [
        501,
        "com.amazonaws#NotImplemented",
        `The local cloud does not have the service dynamodb. ${HAS}`,
      ],
    ],
    [
      "a service of XML",
      { service: "s3", method: "GET", path: "/bucket" },
      [501, "NotImplemented", `The local cloud does not have the service s3. ${HAS}`],
    ],
    [
      "a service only in the target",
      { headers: json("1.0", "DynamoDB_20120810.ListTables"), body: "{}" },
      [
        404,
        "com.amazonaws#UnknownService",
        "The request names no AWS service: it has no signature, X-Amz-Target, API version, service " +
          `host or path that the local cloud knows. ${HAS}`,
      ],
    ],
    [
      "an operation of a REST service",
      { service: "lambda", method: "GET", path: "/2018-10-31/layers" },
      [
        501,
        "NotImplemented",
        "The local cloud does not have lambda ListLayers yet. Nothing was changed.",
      ],
    ],
    [
      "an operation of a JSON service",
      { service: "logs", headers: json("1.1", "Logs_20140328.Nope"), body: "{}" },
      [501, "NotImplemented", "The local cloud does not have logs Nope yet. Nothing was changed."],
    ],
    [
      "an operation of a query service",
      { service: "sts", headers: FORM, body: "Action=Nope&Version=2011-06-15" },
      [501, "NotImplemented", "The local cloud does not have sts Nope yet. Nothing was changed."],
    ],
  ])("%s", async (_what, call, expected) => {
    const answer = await rawCall(cloud.url, call);
    expect([answer.status, ...faultOf(answer)]).toEqual(expected);
  });

  it("a service that only the host names", async () => {
    const answer = await rawBytes(
      cloud.port,
      "GET / HTTP/1.1\r\nHost: dynamodb.us-east-1.amazonaws.com\r\nConnection: close\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
    expect(answer).toContain("x-amzn-ErrorType: UnknownService\r\n");
  });
});

describe("a body over the limit", () => {
  const message = `Request must be smaller than ${BODY_MAX} bytes`;

  it("is refused by its declared length, before it is sent", async () => {
    for (const [service, path, headers, code] of [
      ["lambda", "/2015-03-31/functions", {}, "RequestEntityTooLargeException"],
      ["iam", "/", FORM, "RequestEntityTooLargeException"],
    ] as const) {
      const answer = await new Promise<RawAnswer>((resolve, reject) => {
        const request = httpRequest(cloud.url + path, {
          method: "POST",
          headers: {
            authorization: signedFor(service),
            "content-length": String(BODY_MAX + 1),
            ...headers,
          },
        });
        request.once("error", reject);
        request.once("response", (response) => {
          let body = "";
          response.on("data", (chunk: Buffer) => void (body += chunk.toString()));
          response.once("end", () => {
            const errorType = String(response.headers["x-amzn-errortype"] ?? "") || null;
            resolve({ status: response.statusCode ?? 0, type: null, errorType, body });
            request.destroy();
          });
        });
        request.flushHeaders();
      });
      expect([answer.status, ...faultOf(answer)]).toEqual([413, code, message]);
    }
  });

  it("is refused when its chunks pass the limit, and a client that still sends hears it", async () => {
    const chunk = new Uint8Array(1024 * 1024);
    let left = 80;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left-- > 0) controller.enqueue(chunk);
        else controller.close();
      },
    });
    const answer = await rawCall(cloud.url, {
      service: "lambda",
      path: "/2015-03-31/functions",
      body,
    });
    expect([answer.status, ...faultOf(answer)]).toEqual([
      413,
      "RequestEntityTooLargeException",
      message,
    ]);
  });
});

describe("a function's zip", () => {
  const create = (ZipFile: Uint8Array) =>
    errorOf(
      cloud.client(LambdaClient).send(
        new CreateFunctionCommand({
          FunctionName: "bad",
          Role: ROLE,
          Runtime: "python3.13",
          Handler: "app.handler",
          Code: { ZipFile },
        }),
      ),
    );

  it("that leads out of its folder is refused", async () => {
    // yazl refuses to write such a name, so it is put in afterwards.
    const zip = await zipOf({ "xxxxxxx.py": "" });
    const evil = Buffer.from(
      zip.toString("latin1").replaceAll("xxxxxxx.py", "../evil.py"),
      "latin1",
    );
    const absolute = Buffer.from(
      zip.toString("latin1").replaceAll("xxxxxxx.py", "/tmp/ev.py"),
      "latin1",
    );
    for (const bytes of [evil, absolute]) {
      expect(await create(bytes)).toMatchObject({
        name: "InvalidParameterValueException",
        status: 400,
        message: "Could not unzip uploaded file. Please check your file, then try to upload again.",
      });
    }
  });

  it("that is none, or is empty, is refused", async () => {
    expect(await create(Buffer.from("no zip"))).toMatchObject({
      name: "InvalidParameterValueException",
      status: 400,
      message: "Could not unzip uploaded file. Please check your file, then try to upload again.",
    });
    expect(await create(await zipOf({}))).toMatchObject({
      name: "InvalidParameterValueException",
      status: 400,
      message: "Uploaded file must be a non-empty zip",
    });
  });

  it("over 50 MB is refused", async () => {
    expect(await create(new Uint8Array(52_428_801))).toMatchObject({
      name: "RequestEntityTooLargeException",
      status: 413,
      message: "Zipped size must be smaller than 52428800 bytes",
    });
  });
});
