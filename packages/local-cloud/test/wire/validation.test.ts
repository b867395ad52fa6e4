// AWS's own validation messages, recorded from AWS by LocalStack's snapshot tests (public repository
// localstack/localstack, tests/aws/services/**), against what the generated tables and the validator
// say of the same input. A text that differs in one character breaks users' scripts and tests.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SigningName } from "../../src/model/protocols.ts";
import { loadConstraints } from "../../src/model/constraints.ts";
import { javaPattern } from "../../src/wire/validation/java-text.ts";
import { sdkClient } from "./sdk-client.ts";
import { startWireServer, type WireServer } from "./wire-server.ts";

interface Recorded {
  readonly service: SigningName;
  readonly operation: string;
  readonly input: unknown;
  readonly code: string;
  readonly message: string;
}

const one = (rest: string) => `1 validation error detected: ${rest}`;
const enumSet = (values: string) => `Member must satisfy enum value set: [${values}]`;
const FAILED = "failed to satisfy constraint:";
const PATCH_OPS = enumSet("add, remove, move, test, replace, copy");

const lambda = (operation: string, input: unknown, message: string): Recorded => ({
  service: "lambda",
  operation,
  input,
  code: "ValidationException",
  message,
});
const apigateway = (operation: string, input: unknown, message: string): Recorded => ({
  service: "apigateway",
  operation,
  input,
  code: "ValidationException",
  message,
});
const alias = (weights: Record<string, number>) => ({
  FunctionName: "f",
  Name: "live",
  FunctionVersion: "1",
  RoutingConfig: { AdditionalVersionWeights: weights },
});
const weightBounds =
  "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, " +
  "Member must have value greater than or equal to 0.0, Member must not be null]";
const layerPattern = String.raw`(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)`;
const code = { FunctionName: "f", Role: "arn:aws:iam::111111111111:role/r", Code: {} };

const RECORDED: readonly Recorded[] = [
  lambda(
    "CreateAlias",
    alias({ 2: 2 }),
    one(`Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' ${FAILED} ${weightBounds}`),
  ),
  lambda(
    "CreateAlias",
    alias({ 2: -1 }),
    one(`Value '{2=-1.0}' at 'routingConfig.additionalVersionWeights' ${FAILED} ${weightBounds}`),
  ),
  lambda(
    "CreateAlias",
    alias({ $LATEST: 0.5 }),
    one(
      `Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' ${FAILED} Map keys must satisfy ` +
        "constraint: [Member must have length less than or equal to 1024, Member must have length " +
        "greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]",
    ),
  ),
  lambda(
    "CreateFunction",
    { ...code, Role: "r1" },
    one(
      `Value 'r1' at 'role' ${FAILED} Member must satisfy regular expression pattern: ` +
        String.raw`arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`,
    ),
  ),
  lambda(
    "CreateFunction",
    { ...code, Architectures: ["X86_64"] },
    one(
      `Value '[X86_64]' at 'architectures' ${FAILED} Member must satisfy constraint: ` +
        `[${enumSet("x86_64, arm64")}, Member must not be null]`,
    ),
  ),
  lambda(
    "CreateFunction",
    { ...code, Architectures: ["x86_64", "arm64"] },
    one(
      `Value '[x86_64, arm64]' at 'architectures' ${FAILED} Member must have length less than or equal to 1`,
    ),
  ),
  lambda(
    "CreateFunction",
    { ...code, Layers: ["arn:aws:lambda:us-east-1:111111111111:layer:x"] },
    one(
      `Value '[arn:aws:lambda:us-east-1:111111111111:layer:x]' at 'layers' ${FAILED} Member must satisfy ` +
        "constraint: [Member must have length less than or equal to 2048, Member must have length greater " +
        `than or equal to 1, Member must satisfy regular expression pattern: ${layerPattern}, Member must not be null]`,
    ),
  ),
  lambda(
    "CreateFunction",
    { ...code, VpcConfig: { SubnetIds: ["nope"] } },
    one(
      `Value '[nope]' at 'vpcConfig.subnetIds' ${FAILED} Member must satisfy constraint: [Member must have ` +
        "length less than or equal to 1024, Member must have length greater than or equal to 0, Member " +
        "must satisfy regular expression pattern: subnet-[0-9a-z]*]",
    ),
  ),
  lambda(
    "CreateFunction",
    { ...code, SnapStart: { ApplyOn: "invalidOption" } },
    one(
      `Value 'invalidOption' at 'snapStart.applyOn' ${FAILED} ${enumSet("PublishedVersions, None")}`,
    ),
  ),
  lambda(
    "ListFunctions",
    { FunctionVersion: "invalid" },
    one(`Value 'invalid' at 'functionVersion' ${FAILED} ${enumSet("ALL")}`),
  ),
  lambda(
    "CreateFunctionUrlConfig",
    { FunctionName: "f", AuthType: "NONE", InvokeMode: "UNKNOWN" },
    one(`Value 'UNKNOWN' at 'invokeMode' ${FAILED} ${enumSet("RESPONSE_STREAM, BUFFERED")}`),
  ),
  lambda(
    "CreateFunctionUrlConfig",
    { FunctionName: "f", AuthType: "NONE", Qualifier: "1" },
    one(
      `Value '1' at 'qualifier' ${FAILED} Member must satisfy regular expression pattern: ` +
        String.raw`((?!^\d+$)^[0-9a-zA-Z-_]+$)`,
    ),
  ),
  lambda(
    "AddPermission",
    {
      FunctionName: "f",
      StatementId: "example.com",
      Action: "lambda:InvokeFunction",
      Principal: "s3.amazonaws.com",
    },
    one(
      `Value 'example.com' at 'statementId' ${FAILED} Member must satisfy regular expression pattern: ` +
        "([a-zA-Z0-9-_]+)",
    ),
  ),
  lambda(
    "UntagResource",
    { Resource: "arn:aws:lambda:us-east-1:111111111111:function:f" },
    one(`Value null at 'tagKeys' ${FAILED} Member must not be null`),
  ),
  apigateway(
    "PutIntegration",
    { restApiId: "a", resourceId: "b", httpMethod: "GET", type: "HTTPS_PROXY" },
    one(
      `Value 'HTTPS_PROXY' at 'putIntegrationInput.type' ${FAILED} ` +
        enumSet("HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS"),
    ),
  ),
  apigateway(
    "CreateRestApi",
    { name: "x", endpointConfiguration: { types: ["wrong"], ipAddressType: "wrong" } },
    `2 validation errors detected: Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' ${FAILED} ` +
      `Member must satisfy constraint: [${enumSet("PRIVATE, EDGE, REGIONAL")}]; Value 'wrong' at ` +
      `'createRestApiInput.endpointConfiguration.ipAddressType' ${FAILED} ${enumSet("ipv4, dualstack")}`,
  ),
  apigateway(
    "UpdateMethodResponse",
    {
      restApiId: "a",
      resourceId: "b",
      httpMethod: "GET",
      statusCode: "wrong",
      patchOperations: [{ op: "wrong_op", path: "/x" }],
    },
    "2 validation errors detected: Value 'wrong_op' at " +
      `'updateMethodResponseInput.patchOperations.1.member.op' ${FAILED} ${PATCH_OPS}; ` +
      `Value 'wrong' at 'statusCode' ${FAILED} Member must satisfy regular expression pattern: ` +
      String.raw`[1-5]\d\d`,
  ),
  apigateway(
    "PutGatewayResponse",
    { restApiId: "a", responseType: "FAKE_RESPONSE_TYPE" },
    one(
      `Value 'FAKE_RESPONSE_TYPE' at 'responseType' ${FAILED} ` +
        enumSet(
          "REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, AUTHORIZER_CONFIGURATION_ERROR, " +
            "MISSING_AUTHENTICATION_TOKEN, BAD_REQUEST_BODY, INVALID_SIGNATURE, INVALID_API_KEY, " +
            "BAD_REQUEST_PARAMETERS, AUTHORIZER_FAILURE, UNAUTHORIZED, INTEGRATION_TIMEOUT, " +
            "ACCESS_DENIED, DEFAULT_4XX, DEFAULT_5XX, WAF_FILTERED, QUOTA_EXCEEDED, THROTTLED, " +
            "API_CONFIGURATION_ERROR, UNSUPPORTED_MEDIA_TYPE, INTEGRATION_FAILURE, EXPIRED_TOKEN",
        ),
    ),
  ),
  apigateway(
    "CreateDocumentationPart",
    { restApiId: "a", location: { type: "INVALID" }, properties: "{}" },
    one(
      `Value 'INVALID' at 'createDocumentationPartInput.location.type' ${FAILED} ` +
        enumSet(
          "RESPONSE_BODY, RESPONSE, METHOD, MODEL, AUTHORIZER, RESPONSE_HEADER, RESOURCE, " +
            "PATH_PARAMETER, REQUEST_BODY, QUERY_PARAMETER, API, REQUEST_HEADER",
        ),
    ),
  ),
  {
    service: "monitoring",
    operation: "SetAlarmState",
    input: { AlarmName: "a", StateValue: "INVALID", StateReason: "r" },
    // The shape's name; its query code is ValidationError.
    code: "ValidationException",
    message: one(
      `Value 'INVALID' at 'stateValue' ${FAILED} ${enumSet("INSUFFICIENT_DATA, ALARM, OK")}`,
    ),
  },
  {
    service: "logs",
    operation: "DescribeMetricFilters",
    input: { filterNamePrefix: "X".repeat(513) },
    code: "InvalidParameterException",
    message: one(
      `Value '${"X".repeat(513)}' at 'filterNamePrefix' ${FAILED} Member must have length less than or equal to 512`,
    ),
  },
  {
    service: "logs",
    operation: "GetLogEvents",
    input: { logGroupName: "g", logStreamName: "s", limit: 10_001 },
    code: "InvalidParameterException",
    message: one(
      `Value '10001' at 'limit' ${FAILED} Member must have value less than or equal to 10000`,
    ),
  },
  {
    service: "sts",
    operation: "AssumeRole",
    input: { RoleArn: "arn:aws:iam::111111111111:role/r", RoleSessionName: "Session1:2" },
    code: "ValidationError",
    message: one(
      `Value 'Session1:2' at 'roleSessionName' ${FAILED} Member must satisfy regular expression pattern: ` +
        String.raw`[\w+=,.@-]*`,
    ),
  },
  {
    service: "iam",
    operation: "DeleteServiceSpecificCredential",
    input: { ServiceSpecificCredentialId: "not-a-valid-credential-id" },
    code: "ValidationError",
    message: one(
      `Value at 'serviceSpecificCredentialId' ${FAILED} Member must satisfy regular expression pattern: ` +
        String.raw`[\w]+`,
    ),
  },
  {
    service: "iam",
    operation: "UpdateServiceSpecificCredential",
    input: { ServiceSpecificCredentialId: "A".repeat(20), Status: "Invalid" },
    code: "ValidationError",
    message: one(`Value at 'status' ${FAILED} Member must satisfy enum value set`),
  },
];

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer();
});
afterAll(() => server.close());

describe("recorded validation messages of AWS", () => {
  it.each(RECORDED)("$service $operation: $message", async (recorded) => {
    const client = await sdkClient(recorded.service, server.endpoint);
    server.answer(() => ({}));
    const error: unknown = await client
      .send(recorded.operation, recorded.input)
      .catch((caught: unknown) => caught);
    client.destroy();
    expect(error).toMatchObject({
      name: recorded.code,
      message: recorded.message,
      $metadata: { httpStatusCode: 400 },
    });
  });
});

describe("constraint tables", () => {
  const services: SigningName[] = [
    "apigateway",
    "iam",
    "lambda",
    "logs",
    "monitoring",
    "secretsmanager",
    "sts",
  ];

  it.each(services)(
    "%s: every pattern works in JavaScript, in the mode that it needs",
    async (name) => {
      const { shapes, structures } = await loadConstraints(name);
      const patterns = Object.values(shapes).flatMap(({ pattern }) => pattern ?? []);
      expect(patterns.length).toBeGreaterThan(0);
      expect(Object.keys(structures).length).toBeGreaterThan(10);
      for (const pattern of patterns) {
        const compiled = javaPattern(pattern);
        expect(compiled, pattern).toBeDefined();
        const needsUnicode = pattern.includes(String.raw`\p{`);
        expect(!needsUnicode || compiled?.unicode, pattern).toBe(true);
      }
    },
  );
});
