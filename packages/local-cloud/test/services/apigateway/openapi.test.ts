// Protects the import of OpenAPI documents: what becomes of each part, merge and overwrite, refusals, and that
// an imported API serves once it is deployed.
import {
  APIGatewayClient,
  CreateDeploymentCommand,
  GetGatewayResponsesCommand,
  GetMethodCommand,
  GetModelCommand,
  GetModelsCommand,
  GetRequestValidatorsCommand,
  GetResourcesCommand,
  ImportRestApiCommand,
  PutRestApiCommand,
  type PutRestApiCommandInput,
} from "@aws-sdk/client-api-gateway";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deployApi, mock } from "../../data-plane/execute-api/test-api.ts";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

let cloud: TestCloud;
let client: APIGatewayClient;

beforeAll(async () => {
  cloud = await startTestCloud({ clock: "virtual" });
  client = cloud.client(APIGatewayClient);
});
afterAll(() => cloud.close());

const bytes = (document: unknown) =>
  Buffer.from(typeof document === "string" ? document : JSON.stringify(document));

/** A MOCK that answers 200 with `body`. */
const answering = (body: string) => ({
  type: "mock",
  requestTemplates: { "application/json": '{"statusCode": 200}' },
  passthroughBehavior: "when_no_match",
  responses: {
    default: { statusCode: 200, responseTemplates: { "application/json": body } },
  },
});

const openApi = (paths: object, rest: object = {}) => ({
  openapi: "3.0.1",
  info: { title: "pets", version: "1.0" },
  paths,
  ...rest,
});

const operation = (body: string, rest: object = {}) => ({
  responses: { "200": { description: "ok" } },
  "x-amazon-apigateway-integration": answering(body),
  ...rest,
});

const importApi = async (document: unknown, parameters?: Record<string, string>) => {
  const imported = await client.send(
    new ImportRestApiCommand({ body: bytes(document), parameters }),
  );
  const restApiId = imported.id ?? "";
  const { items = [] } = await client.send(new GetResourcesCommand({ restApiId }));
  return {
    imported,
    restApiId,
    paths: items.map(({ path }) => path),
    idOf: (path: string) => items.find((one) => one.path === path)?.id,
    method: async (path: string, httpMethod: string) => {
      const resourceId = items.find((one) => one.path === path)?.id;
      const { $metadata: _, ...method } = await client.send(
        new GetMethodCommand({ restApiId, resourceId, httpMethod }),
      );
      return method;
    },
  };
};

const refused = (message: string) =>
  expect.objectContaining({ name: "BadRequestException", message });

const call = (apiId: string, path: string) =>
  fetch(`${cloud.url}/_aws/execute-api/${apiId}/prod${path}`).then((response) => response.text());

const YAML = `
openapi: 3.0.1
info: { title: orders, version: "2.0", description: Orders. }
x-amazon-apigateway-binary-media-types: [image/png]
x-amazon-apigateway-request-validators:
  strict: { validateRequestBody: true, validateRequestParameters: true }
x-amazon-apigateway-gateway-responses:
  THROTTLED: { statusCode: 503, responseTemplates: { application/json: '{"slow":"down"}' } }
paths:
  /orders/{id}:
    parameters:
      - { name: id, in: path, required: true, schema: { type: string } }
    get:
      operationId: getOrder
      x-amazon-apigateway-request-validator: strict
      security: [{ key: [] }]
      parameters: [{ $ref: "#/components/parameters/verbose" }]
      responses:
        200:
          description: ok
          headers: { X-Total: { schema: { type: string } } }
          content: { application/json: { schema: { $ref: "#/components/schemas/Order" } } }
        default: { description: other }
      x-amazon-apigateway-integration:
        type: aws_proxy
        httpMethod: post
        uri: arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:orders:\${stageVariables.alias}/invocations
        timeoutInMillis: 5000
        cacheKeyParameters: [method.request.path.id]
  /orders:
    x-amazon-apigateway-any-method:
      requestBody:
        content: { application/json: { schema: { $ref: "#/components/schemas/Order" } } }
      responses: {}
      x-amazon-apigateway-integration:
        $ref: "#/components/x-amazon-apigateway-integrations/backend"
components:
  parameters:
    verbose: { name: verbose, in: query, schema: { type: boolean } }
  securitySchemes:
    key: { type: apiKey, name: x-api-key, in: header }
  schemas:
    Order: { type: object, properties: { item: { $ref: "#/components/schemas/Item" } } }
    Item: { type: string }
  x-amazon-apigateway-integrations:
    backend: { type: http_proxy, httpMethod: ANY, uri: "http://example.com/orders" }
`;

describe("ImportRestApi", () => {
  it("reads every part of an OpenAPI 3 document in YAML", async () => {
    const api = await importApi(YAML);
    expect(api.imported).toMatchObject({
      name: "orders",
      version: "2.0",
      description: "Orders.",
      binaryMediaTypes: ["image/png"],
      apiKeySource: "HEADER",
      endpointConfiguration: { types: ["EDGE"] },
    });
    expect(api.imported.warnings).toBeUndefined();
    expect(api.paths).toEqual(["/", "/orders", "/orders/{id}"]);
    const { items: validators = [] } = await client.send(
      new GetRequestValidatorsCommand({ restApiId: api.restApiId }),
    );
    expect(validators).toEqual([
      {
        id: expect.any(String),
        name: "strict",
        validateRequestBody: true,
        validateRequestParameters: true,
      },
    ]);
    expect(await api.method("/orders/{id}", "GET")).toEqual({
      httpMethod: "GET",
      authorizationType: "NONE",
      apiKeyRequired: true,
      requestValidatorId: validators[0]?.id,
      operationName: "getOrder",
      requestParameters: {
        "method.request.path.id": true,
        "method.request.querystring.verbose": false,
      },
      methodResponses: {
        "200": {
          statusCode: "200",
          responseModels: { "application/json": "Order" },
          responseParameters: { "method.response.header.X-Total": false },
        },
      },
      methodIntegration: {
        type: "AWS_PROXY",
        httpMethod: "POST",
        uri: "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:orders:${stageVariables.alias}/invocations",
        passthroughBehavior: "WHEN_NO_MATCH",
        timeoutInMillis: 5000,
        cacheNamespace: api.idOf("/orders/{id}"),
        cacheKeyParameters: ["method.request.path.id"],
      },
    });
    expect(await api.method("/orders", "ANY")).toMatchObject({
      requestModels: { "application/json": "Order" },
      methodIntegration: { type: "HTTP_PROXY", uri: "http://example.com/orders" },
    });
    const model = await client.send(
      new GetModelCommand({ restApiId: api.restApiId, modelName: "Order" }),
    );
    expect(JSON.parse(model.schema ?? "")).toEqual({
      type: "object",
      properties: {
        item: {
          $ref: `https://apigateway.amazonaws.com/restapis/${api.restApiId}/models/Item`,
        },
      },
    });
    const { items: responses = [] } = await client.send(
      new GetGatewayResponsesCommand({ restApiId: api.restApiId }),
    );
    expect(responses.find(({ responseType }) => responseType === "THROTTLED")).toMatchObject({
      statusCode: "503",
      responseTemplates: { "application/json": '{"slow":"down"}' },
    });
  });

  it("reads Swagger 2 with body parameters and consumed types", async () => {
    const api = await importApi({
      swagger: "2.0",
      info: { title: "old", version: 1 },
      consumes: ["text/json"],
      definitions: { Pet: { type: "object" } },
      paths: {
        "/pets": {
          post: operation("made", {
            parameters: [{ in: "body", name: "Pet", schema: { $ref: "#/definitions/Pet" } }],
            responses: { 201: { description: "made", schema: { $ref: "#/definitions/Pet" } } },
          }),
        },
      },
    });
    expect(await api.method("/pets", "POST")).toMatchObject({
      requestModels: { "text/json": "Pet" },
      methodResponses: { "201": { responseModels: { "application/json": "Pet" } } },
    });
  });

  it("reads JSON however it is indented", async () => {
    const text = JSON.stringify(openApi({ "/a": { get: operation("a") } }), undefined, "\t");
    expect((await importApi(text)).paths).toEqual(["/", "/a"]);
  });

  it("does not follow references in a circle, nor aliases without end", async () => {
    const circle = { "/a": { $ref: "#/paths/~1b" }, "/b": { $ref: "#/paths/~1a" } };
    await expect(importApi(openApi(circle))).rejects.toEqual(refused("Invalid OpenAPI input."));
    const bomb = Array.from(
      { length: 9 },
      (_, index) =>
        `x${index + 1}: &x${index + 1} [${Array.from({ length: 9 }, () => `*x${index}`).join(", ")}]`,
    );
    const document = ["openapi: 3.0.1", "x0: &x0 [a]", ...bomb].join("\n");
    await expect(importApi(document)).rejects.toEqual(refused("Invalid OpenAPI input."));
  });

  it("serves once it is deployed", async () => {
    const { restApiId } = await importApi(
      openApi({ "/a/b": { get: operation("deep") }, "/{proxy+}": { get: operation("any") } }),
    );
    await client.send(new CreateDeploymentCommand({ restApiId, stageName: "prod" }));
    expect(await call(restApiId, "/a/b")).toBe("deep");
    expect(await call(restApiId, "/else/where")).toBe("any");
  });

  it.each([
    ["ignore", "/base/v1", ["/", "/a"]],
    ["prepend", "/base/v1", ["/", "/base", "/base/v1", "/base/v1/a"]],
    ["split", "/base/v1", ["/", "/v1", "/v1/a"]],
    ["prepend", undefined, ["/", "/a"]],
  ])("with basepath=%s of %s has the paths %j", async (basepath, base, paths) => {
    const document = openApi(
      { "/a": { get: operation("a") } },
      base === undefined ? {} : { servers: [{ url: `https://example.com${base}` }] },
    );
    expect((await importApi(document, { basepath })).paths).toEqual(paths);
  });

  it("makes a regional API on request", async () => {
    const { imported } = await importApi(openApi({}), { endpointConfigurationTypes: "REGIONAL" });
    expect(imported.endpointConfiguration?.types).toEqual(["REGIONAL"]);
  });

  it.each([
    [
      'test:\n    value:\n        - "value ... \\"escaped\\": $var, \\"dt\\": $(var +"%a")}\\"\n        ',
    ],
    ["{'key:value}"],
    ["[]"],
    ['{"openapi":"4.0"}'],
  ])("refuses %j", async (document) => {
    await expect(importApi(document)).rejects.toEqual(refused("Invalid OpenAPI input."));
    await expect(
      client.send(new PutRestApiCommand({ restApiId: "nowhere", body: bytes(document) })),
    ).rejects.toEqual(refused("Invalid OpenAPI input."));
  });

  it("names everything that is wrong at once", async () => {
    const broken = { type: "http", httpMethod: "GET", uri: "ftp://x" };
    await expect(
      importApi(
        openApi({
          "/a": { get: { "x-amazon-apigateway-integration": broken } },
          "/b b": { get: operation("b") },
        }),
      ),
    ).rejects.toEqual(
      refused(
        "Errors found during import:\n" +
          "\tUnable to put integration on 'GET' for resource at path '/a': Invalid HTTP endpoint specified for URI\n" +
          "\tUnable to create resource at path '/b b': Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.",
      ),
    );
  });

  it("refuses an authorizer rather than leaving the method open", async () => {
    const document = openApi(
      { "/a": { get: operation("a", { security: [{ mine: [] }] }) } },
      {
        components: {
          securitySchemes: { mine: { type: "apiKey", "x-amazon-apigateway-authorizer": {} } },
        },
      },
    );
    await expect(importApi(document)).rejects.toMatchObject({
      message: expect.stringContaining("The local cloud does not have authorizers yet"),
    });
  });
});

describe("PutRestApi", () => {
  const put = (restApiId: string, document: unknown, rest: Partial<PutRestApiCommandInput> = {}) =>
    client.send(new PutRestApiCommand({ restApiId, body: bytes(document), ...rest }));
  const pathsOf = async (restApiId: string) => {
    const { items = [] } = await client.send(new GetResourcesCommand({ restApiId }));
    return items.map(({ path = "", resourceMethods }) =>
      [path].concat(Object.keys(resourceMethods ?? {}).toSorted()),
    );
  };

  it("merges by default: new methods beside the old, the same one replaced", async () => {
    const { apiId, call: get } = await deployApi(cloud, client, {
      "GET /a": mock("old a"),
      "POST /a": mock("post a"),
      "GET /b": mock("old b"),
    });
    const answer = await put(
      apiId,
      openApi({ "/a": { get: operation("new a") }, "/c": { get: operation("new c") } }),
    );
    expect(answer).toMatchObject({ id: apiId, name: "pets", version: "1.0", tags: {} });
    expect(await pathsOf(apiId)).toEqual([
      ["/"],
      ["/a", "GET", "POST"],
      ["/b", "GET"],
      ["/c", "GET"],
    ]);
    expect(await (await get("/prod/a")).text()).toBe("old a");
    await client.send(new CreateDeploymentCommand({ restApiId: apiId, stageName: "prod" }));
    expect(await call(apiId, "/a")).toBe("new a");
    expect(await call(apiId, "/b")).toBe("old b");
  });

  it("overwrites: what the document does not have is gone, a path that stays keeps its id", async () => {
    const { apiId, resourceIds } = await deployApi(cloud, client, {
      "GET /a": mock("old a"),
      "GET /b": mock("old b"),
    });
    await put(apiId, openApi({ "/a": { get: operation("new a") } }), { mode: "overwrite" });
    expect(await pathsOf(apiId)).toEqual([["/"], ["/a", "GET"]]);
    const { items = [] } = await client.send(new GetResourcesCommand({ restApiId: apiId }));
    expect(items.find(({ path }) => path === "/a")?.id).toBe(resourceIds.get("/a"));
    const { items: models } = await client.send(new GetModelsCommand({ restApiId: apiId }));
    expect(models).toEqual([]);
  });

  it.each([
    ["merge", ["image/heif", "image/png"]],
    ["overwrite", ["image/png"]],
  ] as const)("takes binary media types by %s", async (mode, expected) => {
    const { apiId } = await deployApi(
      cloud,
      client,
      { "GET /": mock("a") },
      { binaryMediaTypes: ["image/heif"] },
    );
    const document = openApi({}, { "x-amazon-apigateway-binary-media-types": ["image/png"] });
    expect((await put(apiId, document, { mode })).binaryMediaTypes).toEqual(expected);
  });

  it("warns, and with failOnWarnings changes nothing", async () => {
    const { apiId } = await deployApi(cloud, client, { "GET /a": mock("a") });
    const odd = {
      ...answering("b"),
      requestParameters: { "integration.request.header.nothing": true },
    };
    const document = openApi({ "/b": { get: { "x-amazon-apigateway-integration": odd } } });
    const warning =
      "Invalid format for 'requestParameters'. Expected type string for property 'integration.request.header.nothing' of resource '/b' and method 'GET' but got 'true'";
    await expect(put(apiId, document, { failOnWarnings: true })).rejects.toEqual(
      refused(`Warnings found during import:\n\t${warning}`),
    );
    expect(await pathsOf(apiId)).toEqual([["/"], ["/a", "GET"]]);
    expect((await put(apiId, document)).warnings).toEqual([warning]);
  });

  it("refuses an API that does not exist", async () => {
    await expect(put("nowhere", openApi({}))).rejects.toEqual(
      expect.objectContaining({ name: "NotFoundException" }),
    );
  });
});
