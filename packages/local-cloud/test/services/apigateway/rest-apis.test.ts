// Protects the control plane of REST APIs: shapes, AWS's texts, and that a refused change changes nothing.
import {
  APIGatewayClient,
  CreateModelCommand,
  CreateRequestValidatorCommand,
  CreateResourceCommand,
  CreateRestApiCommand,
  DeleteMethodCommand,
  DeleteModelCommand,
  DeleteResourceCommand,
  DeleteRestApiCommand,
  GetGatewayResponseCommand,
  GetGatewayResponsesCommand,
  GetIntegrationCommand,
  GetMethodCommand,
  GetModelsCommand,
  GetResourcesCommand,
  GetRestApiCommand,
  GetRestApisCommand,
  GetSdkCommand,
  GetTagsCommand,
  PutIntegrationCommand,
  PutIntegrationResponseCommand,
  PutMethodCommand,
  PutMethodResponseCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateGatewayResponseCommand,
  UpdateMethodCommand,
  UpdateResourceCommand,
  UpdateRestApiCommand,
} from "@aws-sdk/client-api-gateway";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

let cloud: TestCloud;
let client: APIGatewayClient;

beforeAll(async () => {
  cloud = await startTestCloud();
  client = cloud.client(APIGatewayClient);
});
afterAll(() => cloud.close());

async function newApi() {
  const api = await client.send(new CreateRestApiCommand({ name: "test" }));
  return { restApiId: api.id ?? "", rootId: api.rootResourceId ?? "" };
}

function withError(name: string, message: string) {
  return expect.objectContaining({ name, message });
}

describe("RestApi", () => {
  it("is created with AWS's defaults and read back with an empty tag map", async () => {
    const { $metadata, ...api } = await client.send(
      new CreateRestApiCommand({ name: "orders", description: "all orders" }),
    );
    expect($metadata.httpStatusCode).toBe(201);
    expect(api).toEqual({
      id: expect.stringMatching(/^[a-z0-9]{10}$/),
      name: "orders",
      description: "all orders",
      createdDate: expect.any(Date),
      apiKeySource: "HEADER",
      disableExecuteApiEndpoint: false,
      endpointConfiguration: { types: ["EDGE"], ipAddressType: "ipv4" },
      rootResourceId: expect.stringMatching(/^[a-z0-9]{10}$/),
    });
    const read = await client.send(new GetRestApiCommand({ restApiId: api.id }));
    expect(read.tags).toEqual({});
    expect(read.createdDate).toEqual(api.createdDate);
  });

  it("refuses what AWS refuses, in its words", async () => {
    const create = (input: object) =>
      client.send(new CreateRestApiCommand({ name: "x", ...input }));
    await expect(create({ description: "" })).rejects.toEqual(
      withError("BadRequestException", "Description cannot be an empty string"),
    );
    await expect(create({ minimumCompressionSize: -1 })).rejects.toEqual(
      withError(
        "BadRequestException",
        "Invalid minimum compression size, must be between 0 and 10485760",
      ),
    );
    await expect(client.send(new GetRestApiCommand({ restApiId: "nope" }))).rejects.toEqual(
      withError("NotFoundException", "Invalid API identifier specified 000000000000:nope"),
    );
  });

  it("patches members, lists like a map, and nothing at all when one operation is wrong", async () => {
    const { restApiId } = await newApi();
    const update = (...patchOperations: object[]) =>
      client.send(new UpdateRestApiCommand({ restApiId, patchOperations }));
    const patched = await update(
      { op: "replace", path: "/description", value: "new" },
      { op: "add", path: "/binaryMediaTypes/image~1png" },
      { op: "replace", path: "/minimumCompressionSize", value: "10" },
    );
    expect(patched).toMatchObject({
      description: "new",
      binaryMediaTypes: ["image/png"],
      minimumCompressionSize: 10,
    });
    await expect(
      update(
        { op: "replace", path: "/description", value: "lost" },
        { op: "add", path: "/binaryMediaTypes", value: "image/gif" },
      ),
    ).rejects.toEqual(withError("BadRequestException", "Invalid patch path /binaryMediaTypes"));
    await expect(
      update({ op: "add", path: "/minimumCompressionSize", value: "1" }),
    ).rejects.toEqual(
      withError(
        "BadRequestException",
        "Invalid patch operation specified. Must be one of: [replace]",
      ),
    );
    const read = await client.send(new GetRestApiCommand({ restApiId }));
    expect(read.description).toBe("new");
  });

  it("pages by position", async () => {
    const other = cloud.client(APIGatewayClient, { account: "111122223333" });
    const created: (string | undefined)[] = [];
    for (const name of ["a", "b", "c"]) {
      created.push((await other.send(new CreateRestApiCommand({ name }))).id);
    }
    const first = await other.send(new GetRestApisCommand({ limit: 2 }));
    const second = await other.send(new GetRestApisCommand({ limit: 2, position: first.position }));
    expect([...(first.items ?? []), ...(second.items ?? [])].map(({ id }) => id)).toEqual(created);
    expect(second.position).toBeUndefined();
  });

  it("is deleted with its parts", async () => {
    const { restApiId } = await newApi();
    await client.send(new DeleteRestApiCommand({ restApiId }));
    await expect(client.send(new GetResourcesCommand({ restApiId }))).rejects.toEqual(
      withError("NotFoundException", `Invalid API identifier specified 000000000000:${restApiId}`),
    );
  });

  it("says of an operation it does not have that it does not, and of cloneFrom", async () => {
    const { restApiId } = await newApi();
    await expect(
      client.send(new GetSdkCommand({ restApiId, stageName: "prod", sdkType: "java" })),
    ).rejects.toMatchObject({ name: "NotImplemented", $metadata: { httpStatusCode: 501 } });
    await expect(
      client.send(new CreateRestApiCommand({ name: "copy", cloneFrom: restApiId })),
    ).rejects.toMatchObject({ name: "BadRequestException" });
  });

  it("keeps tags by ARN", async () => {
    const { restApiId } = await newApi();
    const resourceArn = `arn:aws:apigateway:us-east-1::/restapis/${restApiId}`;
    await client.send(new TagResourceCommand({ resourceArn, tags: { team: "a", tier: "1" } }));
    await client.send(new UntagResourceCommand({ resourceArn, tagKeys: ["tier"] }));
    const { tags } = await client.send(new GetTagsCommand({ resourceArn }));
    expect(tags).toEqual({ team: "a" });
  });
});

describe("Resource", () => {
  it("lists by path and follows a moved parent", async () => {
    const { restApiId, rootId } = await newApi();
    const add = (parentId: string, pathPart: string) =>
      client.send(new CreateResourceCommand({ restApiId, parentId, pathPart }));
    const pets = await add(rootId, "pets");
    const one = await add(pets.id ?? "", "{id}");
    expect(one).toMatchObject({ path: "/pets/{id}", parentId: pets.id });
    await client.send(
      new UpdateResourceCommand({
        restApiId,
        resourceId: pets.id,
        patchOperations: [{ op: "replace", path: "/pathPart", value: "dogs" }],
      }),
    );
    const paths = async () =>
      (await client.send(new GetResourcesCommand({ restApiId }))).items?.map(({ path }) => path);
    expect(await paths()).toEqual(["/", "/dogs", "/dogs/{id}"]);
    await client.send(new DeleteResourceCommand({ restApiId, resourceId: pets.id }));
    expect(await paths()).toEqual(["/"]);
  });

  it("refuses siblings, children and moves that AWS refuses", async () => {
    const { restApiId, rootId } = await newApi();
    const add = (parentId: string, pathPart: string) =>
      client.send(new CreateResourceCommand({ restApiId, parentId, pathPart }));
    const proxy = await add(rootId, "{proxy+}");
    const pets = await add(rootId, "pets");
    const sub = await add(pets.id ?? "", "sub");
    await expect(add(rootId, "pets")).rejects.toEqual(
      withError(
        "ConflictException",
        "Another resource with the same parent already has this name: pets",
      ),
    );
    await expect(add(rootId, "{id}")).rejects.toEqual(
      withError(
        "BadRequestException",
        "A sibling ({proxy+}) of this resource already has a variable path part -- only one is allowed",
      ),
    );
    await expect(add(proxy.id ?? "", "x")).rejects.toEqual(
      withError(
        "BadRequestException",
        "Cannot create a child of a resource with a greedy path variable: {proxy+}",
      ),
    );
    const move = (resourceId: string | undefined, value: string | undefined) =>
      client.send(
        new UpdateResourceCommand({
          restApiId,
          resourceId,
          patchOperations: [{ op: "replace", path: "/parentId", value }],
        }),
      );
    await expect(move(pets.id, sub.id)).rejects.toEqual(
      withError("BadRequestException", "Resources cannot be cyclical."),
    );
    await expect(move(pets.id, "nope")).rejects.toEqual(
      withError("NotFoundException", "Invalid Resource identifier specified"),
    );
    await expect(move(rootId, sub.id)).rejects.toEqual(
      withError("BadRequestException", "Root resource cannot update its parentId."),
    );
  });
});

describe("Method and Integration", () => {
  it("shows a method with its integration and embeds it in the resource list", async () => {
    const { restApiId, rootId } = await newApi();
    const ids = { restApiId, resourceId: rootId, httpMethod: "GET" };
    const put = await client.send(new PutMethodCommand({ ...ids, authorizationType: "NONE" }));
    expect(put).toMatchObject({
      httpMethod: "GET",
      authorizationType: "NONE",
      apiKeyRequired: false,
    });
    await client.send(
      new PutIntegrationCommand({
        ...ids,
        type: "HTTP",
        integrationHttpMethod: "POST",
        uri: "http://example.com",
      }),
    );
    await client.send(new PutMethodResponseCommand({ ...ids, statusCode: "200" }));
    await client.send(new PutIntegrationResponseCommand({ ...ids, statusCode: "200" }));
    const { methodIntegration, methodResponses } = await client.send(new GetMethodCommand(ids));
    expect(methodResponses).toEqual({ "200": { statusCode: "200" } });
    expect(methodIntegration).toEqual({
      type: "HTTP",
      httpMethod: "POST",
      uri: "http://example.com",
      connectionType: "INTERNET",
      passthroughBehavior: "WHEN_NO_MATCH",
      timeoutInMillis: 29_000,
      cacheNamespace: rootId,
      cacheKeyParameters: [],
      integrationResponses: { "200": { statusCode: "200" } },
    });
    const plain = await client.send(new GetResourcesCommand({ restApiId }));
    expect(plain.items?.[0]?.resourceMethods).toEqual({ GET: {} });
    const embedded = await client.send(new GetResourcesCommand({ restApiId, embed: ["methods"] }));
    expect(embedded.items?.[0]?.resourceMethods?.["GET"]?.httpMethod).toBe("GET");
    await client.send(new DeleteMethodCommand(ids));
    await expect(client.send(new GetIntegrationCommand(ids))).rejects.toEqual(
      withError("NotFoundException", "Invalid Method identifier specified"),
    );
  });

  it("refuses wrong methods, references and patches", async () => {
    const { restApiId, rootId: resourceId } = await newApi();
    const put = (httpMethod: string, input: object = {}) =>
      client.send(
        new PutMethodCommand({
          restApiId,
          resourceId,
          httpMethod,
          authorizationType: "NONE",
          ...input,
        }),
      );
    await expect(put("FETCH")).rejects.toEqual(
      withError(
        "BadRequestException",
        "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY",
      ),
    );
    await expect(put("GET", { requestValidatorId: "abc123" })).rejects.toEqual(
      withError("BadRequestException", "Invalid Request Validator identifier specified"),
    );
    await expect(put("GET", { requestModels: { "application/json": "petModel" } })).rejects.toEqual(
      withError("BadRequestException", "Invalid model identifier specified: petModel"),
    );
    await put("GET");
    await expect(
      client.send(
        new UpdateMethodCommand({
          restApiId,
          resourceId,
          httpMethod: "GET",
          patchOperations: [{ op: "replace", path: "/httpMethod", value: "PUT" }],
        }),
      ),
    ).rejects.toEqual(withError("BadRequestException", "Invalid patch path /httpMethod"));
  });

  it.each([
    ["HTTP", "non-valid-http", "Invalid HTTP endpoint specified for URI"],
    ["AWS", "non-valid-arn", "Invalid ARN specified in the request"],
    [
      "AWS",
      "arn:aws:iam::000000000000:role/x",
      "AWS ARN for integration must contain path or action",
    ],
    [
      "AWS_PROXY",
      "arn:aws:lambda:us-east-1:000000000000:function:fn",
      "AWS ARN for integration must contain path or action",
    ],
    [
      "AWS_PROXY",
      "arn:aws:apigateway:us-east-1:s3:path/b/k",
      "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
    ],
  ] as const)("refuses a %s integration to %s", async (type, uri, message) => {
    const { restApiId, rootId: resourceId } = await newApi();
    const ids = { restApiId, resourceId, httpMethod: "GET" };
    await client.send(new PutMethodCommand({ ...ids, authorizationType: "NONE" }));
    await expect(
      client.send(new PutIntegrationCommand({ ...ids, type, uri, integrationHttpMethod: "POST" })),
    ).rejects.toEqual(withError("BadRequestException", message));
    await expect(client.send(new GetIntegrationCommand(ids))).rejects.toEqual(
      withError("NotFoundException", "Invalid Integration identifier specified"),
    );
  });

  it("asks for an integration method unless the integration is a mock", async () => {
    const { restApiId, rootId: resourceId } = await newApi();
    const ids = { restApiId, resourceId, httpMethod: "GET" };
    await client.send(new PutMethodCommand({ ...ids, authorizationType: "NONE" }));
    await expect(
      client.send(new PutIntegrationCommand({ ...ids, type: "HTTP", uri: "http://example.com" })),
    ).rejects.toEqual(
      withError("BadRequestException", "Enumeration value for HttpMethod must be non-empty"),
    );
    const mock = await client.send(new PutIntegrationCommand({ ...ids, type: "MOCK" }));
    expect(mock.type).toBe("MOCK");
  });
});

describe("Model, RequestValidator and GatewayResponse", () => {
  it("starts with AWS's two models and keeps a model that a method uses", async () => {
    const { restApiId, rootId: resourceId } = await newApi();
    const { items } = await client.send(new GetModelsCommand({ restApiId }));
    expect(items?.map(({ name }) => name)).toEqual(["Empty", "Error"]);
    await client.send(
      new CreateModelCommand({
        restApiId,
        name: "Pet",
        contentType: "application/json",
        schema: '{"type":"object"}',
      }),
    );
    await client.send(
      new PutMethodCommand({
        restApiId,
        resourceId,
        httpMethod: "ANY",
        authorizationType: "NONE",
        requestModels: { "application/json": "Pet" },
      }),
    );
    await expect(
      client.send(new DeleteModelCommand({ restApiId, modelName: "Pet" })),
    ).rejects.toEqual(
      withError(
        "ConflictException",
        "Cannot delete model 'Pet', is referenced in method request: //ANY",
      ),
    );
  });

  it("calls a wrong API id a bad request when a validator is created", async () => {
    await expect(
      client.send(new CreateRequestValidatorCommand({ restApiId: "nope", name: "v" })),
    ).rejects.toEqual(withError("BadRequestException", "Invalid REST API identifier specified"));
  });

  it("lists all gateway responses with their defaults and marks those that were set", async () => {
    const { restApiId } = await newApi();
    const { items } = await client.send(new GetGatewayResponsesCommand({ restApiId }));
    expect(items).toHaveLength(21);
    expect(items?.every(({ defaultResponse }) => defaultResponse)).toBe(true);
    await client.send(
      new UpdateGatewayResponseCommand({
        restApiId,
        responseType: "DEFAULT_4XX",
        patchOperations: [{ op: "replace", path: "/statusCode", value: "444" }],
      }),
    );
    const read = await client.send(
      new GetGatewayResponseCommand({ restApiId, responseType: "DEFAULT_4XX" }),
    );
    expect(read).toMatchObject({ statusCode: "444", defaultResponse: false });
  });
});
