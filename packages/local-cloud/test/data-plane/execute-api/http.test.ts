// Protects HTTP and HTTP_PROXY integrations against a real HTTP backend.
import { APIGatewayClient, UpdateStageCommand } from "@aws-sdk/client-api-gateway";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";
import { type ApiPlan, deployApi, type MethodPlan } from "./test-api.ts";

let cloud: TestCloud;
let client: APIGatewayClient;
let backend: Server;
let backendUrl: string;

/** What the backend saw, told back as JSON. "/status/503" answers that status, "/hang" never answers,
 * "/endless" never stops answering. */
interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

beforeAll(async () => {
  cloud = await startTestCloud();
  client = cloud.client(APIGatewayClient);
  backend = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      if (request.url?.startsWith("/hang")) return;
      if (request.url?.startsWith("/endless")) {
        const chunk = Buffer.alloc(1024 * 1024);
        const more = () => response.write(chunk, (error) => (error ? undefined : more()));
        return more();
      }
      const status = Number(/^\/status\/(\d+)/.exec(request.url ?? "")?.[1] ?? 200);
      const { method, url, headers } = request;
      response.writeHead(status, {
        "content-type": "application/json",
        "x-backend": "yes",
        "set-cookie": ["a=1", "b=2"],
        server: "test",
      });
      response.end(JSON.stringify({ method, url, headers, body }));
    });
  });
  await new Promise<void>((resolve) => backend.listen(0, "127.0.0.1", resolve));
  backendUrl = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await cloud.close();
  backend.closeAllConnections();
  await new Promise((resolve) => backend.close(resolve));
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

const deploy = (plan: ApiPlan) => deployApi(cloud, client, plan);

function proxy(path: string, rest: Partial<MethodPlan["integration"]> = {}): MethodPlan {
  return {
    method: { requestParameters: { "method.request.path.rest": true } },
    integration: {
      type: "HTTP_PROXY",
      integrationHttpMethod: "ANY",
      uri: `${backendUrl}${path}`,
      ...rest,
    },
  };
}

describe("HTTP_PROXY", () => {
  it("passes method, path, query, headers and body on, and the answer back", async () => {
    const { apiId, call } = await deploy({
      "ANY /{rest+}": proxy("/base/{rest}", {
        requestParameters: {
          "integration.request.path.rest": "method.request.path.rest",
          "integration.request.header.X-Stage": "context.stage",
          "integration.request.header.X-Const": "'fixed'",
          "integration.request.querystring.from": "method.request.header.x-own",
        },
      }),
    });
    const response = await call("/prod/a/b?x=1&x=2", {
      method: "PUT",
      body: "payload",
      headers: { "x-own": "mine", "x-forwarded-for": "10.0.0.1", "x-forwarded-host": "shop" },
    });
    const seen = (await response.json()) as Seen;
    expect(seen).toMatchObject({
      method: "PUT",
      url: "/base/a/b?x=1&x=2&from=mine",
      body: "payload",
    });
    expect(seen.headers).toMatchObject({
      host: backendUrl.slice("http://".length),
      "x-own": "mine",
      "x-stage": "prod",
      "x-const": "fixed",
      "x-forwarded-for": "10.0.0.1, 127.0.0.1",
      "x-forwarded-host": "shop",
      "x-amzn-apigateway-api-id": apiId,
      "x-amzn-trace-id": expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
    });
    expect(response.headers.get("x-backend")).toBe("yes");
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(response.headers.get("x-amzn-remapped-server")).toBe("test");
    expect(response.headers.get("x-amzn-trace-id")).toBe(seen.headers["x-amzn-trace-id"]);
  });

  it("passes the backend's status through", async () => {
    const { call } = await deploy({ "GET /": proxy("/status/503") });
    expect((await call("/prod")).status).toBe(503);
  });

  it("fills stage variables into the address, and follows their change", async () => {
    const { apiId, call } = await deploy({ "GET /": proxy("/${stageVariables.where}") });
    const point = (value: string) =>
      client.send(
        new UpdateStageCommand({
          restApiId: apiId,
          stageName: "prod",
          patchOperations: [{ op: "replace", path: "/variables/where", value }],
        }),
      );
    for (const where of ["here", "there"]) {
      await point(where);
      expect(((await (await call("/prod")).json()) as Seen).url).toBe(`/${where}`);
    }
  });

  it("is a 504 when the backend takes too long", async () => {
    const { call } = await deploy({ "GET /": proxy("/hang", { timeoutInMillis: 60 }) });
    const response = await call("/prod");
    expect(response.status).toBe(504);
    expect(await response.text()).toBe('{"message": "Endpoint request timed out"}');
    expect(response.headers.get("x-amzn-errortype")).toBe("InternalServerErrorException");
  });

  it("is a 502 when the answer is larger than API Gateway carries", async () => {
    const { call } = await deploy({ "GET /": proxy("/endless") });
    const response = await call("/prod");
    expect(response.status).toBe(502);
    expect(await response.text()).toBe('{"message": "Internal server error"}');
  });

  it("is a 504 when nobody listens", async () => {
    const { call } = await deploy({
      "GET /": { integration: { ...proxy("/").integration, uri: "http://127.0.0.1:1/" } },
    });
    const response = await call("/prod");
    expect(response.status).toBe(504);
    expect(await response.text()).toBe('{"message": "Network error communicating with endpoint"}');
  });
});

describe("HTTP", () => {
  it("maps the request and selects the response by the backend's status", async () => {
    const { apiId, call } = await deploy({
      "POST /{code}": {
        method: { requestParameters: { "method.request.path.code": true } },
        integration: {
          type: "HTTP",
          integrationHttpMethod: "POST",
          uri: `${backendUrl}/status/{code}`,
          requestParameters: { "integration.request.path.code": "method.request.path.code" },
          requestTemplates: {
            "application/json": `{"name": "$input.path('$.user.name')", "all": $input.json('$.list')}`,
          },
        },
        responses: [
          {
            statusCode: "200",
            responseParameters: {
              "method.response.header.X-Url": "integration.response.body.url",
              "method.response.header.X-Backend": "integration.response.header.x-backend",
            },
          },
          {
            statusCode: "404",
            selectionPattern: "4\\d{2}",
            responseTemplates: {
              "application/json": `{"saw": "$input.path('$.method')"}`,
            },
          },
        ],
      },
    });
    const send = (code: number) =>
      call(`/prod/${code}`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-secret": "not passed on" },
        body: JSON.stringify({ user: { name: "Ann" }, list: [1, { a: 2 }] }),
      });
    const good = await send(200);
    const seen = (await good.json()) as Seen;
    expect(JSON.parse(seen.body)).toEqual({ name: "Ann", all: [1, { a: 2 }] });
    expect(seen.headers["user-agent"]).toBe(`AmazonAPIGateway_${apiId}`);
    expect(seen.headers["x-secret"]).toBeUndefined();
    expect(good.headers.get("x-url")).toBe("/status/200");
    expect(good.headers.get("x-backend")).toBe("yes");
    const missing = await send(410);
    expect(missing.status).toBe(404);
    expect(await missing.json()).toEqual({ saw: "POST" });
  });
});

it("made the cloud warn of nothing on the way", () => {
  expect(cloud.warnings).toEqual([]);
});
