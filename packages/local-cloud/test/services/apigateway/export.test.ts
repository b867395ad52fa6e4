// Protects the export of a stage: the document is what the stage serves, and importing it makes the same API again.
import {
  APIGatewayClient,
  CreateDeploymentCommand,
  GetExportCommand,
  type GetExportCommandInput,
  GetResourcesCommand,
  ImportRestApiCommand,
  PutRestApiCommand,
} from "@aws-sdk/client-api-gateway";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

let cloud: TestCloud;
let client: APIGatewayClient;

beforeAll(async () => {
  cloud = await startTestCloud({ clock: "virtual" });
  client = cloud.client(APIGatewayClient);
});
afterAll(() => cloud.close());

const DOCUMENT = {
  openapi: "3.0.1",
  info: { title: "orders", version: "7" },
  "x-amazon-apigateway-binary-media-types": ["image/png"],
  "x-amazon-apigateway-request-validators": {
    strict: { validateRequestBody: false, validateRequestParameters: true },
  },
  paths: {
    "/orders/{id}": {
      get: {
        operationId: "getOrder",
        parameters: [
          { name: "id", in: "path", required: true, schema: { type: "string" } },
          { name: "q", in: "query", required: false, schema: { type: "string" } },
        ],
        responses: {
          "200": {
            description: "200 response",
            headers: { "X-Total": { schema: { type: "string" } } },
            content: { "application/json": { schema: { $ref: "#/components/schemas/Order" } } },
          },
        },
        security: [{ api_key: [] }],
        "x-amazon-apigateway-request-validator": "strict",
        "x-amazon-apigateway-integration": {
          type: "http",
          httpMethod: "GET",
          uri: "http://example.com/${stageVariables.where}/{id}",
          timeoutInMillis: 1000,
          requestParameters: { "integration.request.path.id": "method.request.path.id" },
          cacheKeyParameters: ["method.request.path.id"],
          responses: {
            default: { statusCode: "200" },
            "5\\d\\d": {
              statusCode: "502",
              responseTemplates: { "application/json": "broken" },
            },
          },
        },
      },
    },
    "/{proxy+}": {
      "x-amazon-apigateway-any-method": {
        responses: {},
        "x-amazon-apigateway-auth": { type: "AWS_IAM" },
        "x-amazon-apigateway-integration": {
          type: "http_proxy",
          httpMethod: "ANY",
          uri: "http://example.com/{proxy}",
        },
      },
    },
  },
  components: {
    securitySchemes: { api_key: { type: "apiKey", name: "x-api-key", in: "header" } },
    schemas: {
      Item: { type: "string" },
      Order: { type: "object", properties: { item: { $ref: "#/components/schemas/Item" } } },
    },
  },
};

const bytes = (document: unknown) => Buffer.from(JSON.stringify(document));

async function deployed() {
  const { id: restApiId = "" } = await client.send(
    new ImportRestApiCommand({ body: bytes(DOCUMENT) }),
  );
  await client.send(new CreateDeploymentCommand({ restApiId, stageName: "prod" }));
  return restApiId;
}

async function exported(restApiId: string, input: Partial<GetExportCommandInput> = {}) {
  const answer = await client.send(
    new GetExportCommand({
      restApiId,
      stageName: "prod",
      exportType: "oas30",
      parameters: { extensions: "apigateway" },
      ...input,
    }),
  );
  return { ...answer, text: answer.body?.transformToString() ?? "" };
}

/** Everything of an API but its ids. */
async function contentsOf(restApiId: string) {
  const { items = [] } = await client.send(
    new GetResourcesCommand({ restApiId, embed: ["methods"] }),
  );
  return items.map(({ path, resourceMethods }) => ({
    path,
    methods: JSON.parse(
      JSON.stringify(resourceMethods ?? {}, (key, value: unknown) =>
        key === "cacheNamespace" || key === "requestValidatorId" ? "an id" : value,
      ),
    ),
  }));
}

describe("GetExport", () => {
  it("writes what it was imported from, with the stage's address", async () => {
    const restApiId = await deployed();
    const { text, contentType, contentDisposition } = await exported(restApiId);
    expect(contentType).toBe("application/json");
    expect(contentDisposition).toMatch(/^attachment; filename="oas30_\d+\.json"$/);
    const document = JSON.parse(text);
    expect(document).toMatchObject({
      ...DOCUMENT,
      servers: [
        {
          url: `https://${restApiId}.execute-api.us-east-1.amazonaws.com/{basePath}`,
          variables: { basePath: { default: "prod" } },
        },
      ],
    });
  });

  it("makes the same API again when it is imported, in JSON and in YAML", async () => {
    const restApiId = await deployed();
    const before = await contentsOf(restApiId);
    for (const accepts of ["application/json", "application/yaml"]) {
      const { text } = await exported(restApiId, { accepts });
      const { id: again = "" } = await client.send(
        new ImportRestApiCommand({ body: Buffer.from(text) }),
      );
      expect(await contentsOf(again)).toEqual(before);
    }
    const yaml = await exported(restApiId, { accepts: "application/yaml" });
    expect(parse(yaml.text)).toEqual(JSON.parse((await exported(restApiId)).text));
  });

  it("shows the stage's deployment, not the API as it is being edited", async () => {
    const restApiId = await deployed();
    const edited = { ...DOCUMENT, paths: { "/new": { get: { responses: {} } } } };
    await client.send(new PutRestApiCommand({ restApiId, mode: "overwrite", body: bytes(edited) }));
    expect(Object.keys(JSON.parse((await exported(restApiId)).text).paths)).toEqual(
      Object.keys(DOCUMENT.paths),
    );
  });

  it("leaves the integrations out unless they are asked for", async () => {
    const { text } = await exported(await deployed(), { parameters: undefined });
    expect(text).not.toContain("x-amazon-apigateway-integration");
  });

  it("refuses a stage that is not there, and forms that it does not write", async () => {
    const restApiId = await deployed();
    await expect(exported(restApiId, { stageName: "none" })).rejects.toMatchObject({
      name: "NotFoundException",
      message: "Invalid Stage identifier specified",
    });
    await expect(exported(restApiId, { exportType: "swagger" })).rejects.toMatchObject({
      name: "BadRequestException",
    });
  });
});
