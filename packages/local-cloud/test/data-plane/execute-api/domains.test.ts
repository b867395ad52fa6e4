// Protects custom domain names: their operations, and requests that find an API by Host and base path.
import { request } from "node:http";
import {
  APIGatewayClient,
  CreateBasePathMappingCommand,
  type CreateBasePathMappingCommandInput,
  CreateDomainNameCommand,
  type CreateDomainNameCommandInput,
  DeleteBasePathMappingCommand,
  DeleteDomainNameCommand,
  DeleteRestApiCommand,
  DeleteStageCommand,
  GetBasePathMappingCommand,
  GetBasePathMappingsCommand,
  GetDomainNameCommand,
  GetDomainNamesCommand,
  UpdateBasePathMappingCommand,
  UpdateDomainNameCommand,
} from "@aws-sdk/client-api-gateway";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";
import { deployApi, mock } from "./test-api.ts";

let cloud: TestCloud;
let client: APIGatewayClient;
let orders: string;
let users: string;

const CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/1";
const SEEN =
  '{"api":"$context.apiId","stage":"$context.stage","path":"$context.path","resource":"$context.resourcePath",' +
  '"domain":"$context.domainName","prefix":"$context.domainPrefix","base":"$context.customDomain.basePathMatched"}';

beforeAll(async () => {
  cloud = await startTestCloud({ clock: "virtual" });
  client = cloud.client(APIGatewayClient);
  const plan = { "GET /": mock(SEEN), "GET /list": mock(SEEN) };
  orders = (await deployApi(cloud, client, plan)).apiId;
  users = (await deployApi(cloud, client, plan, { disableExecuteApiEndpoint: true })).apiId;
});
afterAll(() => cloud.close());

const createDomain = (domainName: string, input: Partial<CreateDomainNameCommandInput> = {}) =>
  client.send(
    new CreateDomainNameCommand({
      domainName,
      regionalCertificateArn: CERTIFICATE,
      endpointConfiguration: { types: ["REGIONAL"] },
      ...input,
    }),
  );
const map = (domainName: string, input: Partial<CreateBasePathMappingCommandInput>) =>
  client.send(
    new CreateBasePathMappingCommand({ domainName, restApiId: orders, stage: "prod", ...input }),
  );

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Node's own client: fetch does not let a caller set Host. */
function get(port: number, host: string, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ port, host: "127.0.0.1", path, headers: { host } }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on("error", reject)
      .end();
  });
}

const ask = async (host: string, path: string): Promise<unknown> =>
  JSON.parse((await get(cloud.port, host, path)).body);
const FORBIDDEN: Answer = { status: 403, body: '{"message":"Forbidden"}' };

const refused = (name: string, message: string) => expect.objectContaining({ name, message });

describe("requests", () => {
  it("reach the API of the base path, and the domain's own for the rest", async () => {
    await createDomain("api.example.com");
    await map("api.example.com", { basePath: "users", restApiId: users });
    await map("api.example.com", {});
    expect(await ask("api.example.com", "/users/list?a=1")).toEqual({
      api: users,
      stage: "prod",
      path: "/users/list",
      resource: "/list",
      domain: "api.example.com",
      prefix: "api",
      base: "users",
    });
    expect(await ask(`API.example.com:${cloud.port}`, "/list")).toMatchObject({
      api: orders,
      path: "/list",
      base: "",
    });
    expect(await ask("api.example.com.localhost", "/list")).toMatchObject({ api: orders });
    expect(await ask("api.example.com", "/users")).toMatchObject({ api: users, resource: "/" });
    expect((await get(cloud.port, "api.example.com", "/usersx")).body).toContain(
      "Missing Authentication Token",
    );
  });

  it("name the stage in the path when the mapping does not", async () => {
    await createDomain("stages.example.com");
    await map("stages.example.com", { basePath: "o", stage: undefined });
    expect(await ask("stages.example.com", "/o/prod/list")).toMatchObject({
      stage: "prod",
      resource: "/list",
    });
    expect(await get(cloud.port, "stages.example.com", "/o/none/list")).toEqual(FORBIDDEN);
    expect(await get(cloud.port, "stages.example.com", "/o")).toEqual(FORBIDDEN);
  });

  it("are forbidden where nothing is mapped, and at an endpoint that is switched off", async () => {
    await createDomain("empty.example.com");
    expect(await get(cloud.port, "empty.example.com", "/")).toEqual(FORBIDDEN);
    const host = `${users}.execute-api.us-east-1.amazonaws.com`;
    expect(await get(cloud.port, host, "/prod/list")).toEqual(FORBIDDEN);
  });

  it("find a wildcard name by its last labels, after exact ones", async () => {
    await createDomain("*.wild.example.com");
    await createDomain("own.wild.example.com");
    await map("*.wild.example.com", {});
    expect(await ask("any.wild.example.com", "/list")).toMatchObject({
      domain: "any.wild.example.com",
    });
    expect(await get(cloud.port, "own.wild.example.com", "/list")).toEqual(FORBIDDEN);
  });

  it("follow an update and end with the domain", async () => {
    await createDomain("moves.example.com");
    await map("moves.example.com", { basePath: "a" });
    const patchOperations = [
      { op: "replace" as const, path: "/basePath", value: "b" },
      { op: "replace" as const, path: "/restapiId", value: users },
    ];
    await client.send(
      new UpdateBasePathMappingCommand({
        domainName: "moves.example.com",
        basePath: "a",
        patchOperations,
      }),
    );
    expect(await get(cloud.port, "moves.example.com", "/a")).toEqual(FORBIDDEN);
    expect(await ask("moves.example.com", "/b")).toMatchObject({ api: users });
    await client.send(new DeleteDomainNameCommand({ domainName: "moves.example.com" }));
    // No door any more: taken for a call of an AWS API.
    expect((await get(cloud.port, "moves.example.com", "/b")).body).not.toContain("resource");
  });

  it("are found again after a restart", async () => {
    const dataDirectory = mkdtempSync(join(tmpdir(), "headgate-domains-"));
    try {
      const first = await startTestCloud({ dataDirectory });
      const own = first.client(APIGatewayClient);
      const { apiId } = await deployApi(first, own, { "GET /": mock("kept") });
      await own.send(
        new CreateDomainNameCommand({
          domainName: "kept.example.com",
          certificateArn: CERTIFICATE,
        }),
      );
      await own.send(
        new CreateBasePathMappingCommand({
          domainName: "kept.example.com",
          restApiId: apiId,
          stage: "prod",
        }),
      );
      await first.close();
      const second = await startTestCloud({ dataDirectory });
      expect((await get(second.port, "kept.example.com", "/")).body).toBe("kept");
      await second.close();
    } finally {
      rmSync(dataDirectory, { recursive: true, force: true });
    }
  });
});

describe("operations", () => {
  it("describe regional and edge domains as AWS does", async () => {
    const regional = await createDomain("r.example.com", { tags: { team: "a" } });
    expect(regional).toMatchObject({
      domainName: "r.example.com",
      regionalDomainName: expect.stringMatching(
        /^d-[a-z0-9]{10}\.execute-api\.us-east-1\.amazonaws\.com$/,
      ),
      regionalHostedZoneId: "Z1UJRXOUMOOFQ8",
      regionalCertificateArn: CERTIFICATE,
      endpointConfiguration: { types: ["REGIONAL"] },
      domainNameStatus: "AVAILABLE",
      securityPolicy: "TLS_1_2",
      tags: { team: "a" },
    });
    const edge = await client.send(
      new CreateDomainNameCommand({ domainName: "e.example.com", certificateArn: CERTIFICATE }),
    );
    expect(edge).toMatchObject({
      distributionDomainName: expect.stringMatching(/^d[a-z0-9]{13}\.cloudfront\.net$/),
      distributionHostedZoneId: "Z2FDTNDATAQYW2",
      certificateUploadDate: expect.any(Date),
    });
    expect(edge.regionalDomainName).toBeUndefined();
    const read = await client.send(new GetDomainNameCommand({ domainName: "r.example.com" }));
    expect(read.regionalDomainName).toBe(regional.regionalDomainName);
    const { items = [] } = await client.send(new GetDomainNamesCommand({ limit: 500 }));
    expect(items.map(({ domainName }) => domainName)).toEqual(
      expect.arrayContaining(["r.example.com", "e.example.com"]),
    );
  });

  it("patch certificate and policy, and nothing else", async () => {
    await createDomain("p.example.com");
    const update = (path: string, value: string) =>
      client.send(
        new UpdateDomainNameCommand({
          domainName: "p.example.com",
          patchOperations: [{ op: "replace", path, value }],
        }),
      );
    const other = CERTIFICATE.replace("/1", "/2");
    expect(await update("/regionalCertificateArn", other)).toMatchObject({
      regionalCertificateArn: other,
    });
    expect((await update("/securityPolicy", "TLS_1_0")).securityPolicy).toBe("TLS_1_0");
    await expect(update("/domainName", "x")).rejects.toEqual(
      refused("BadRequestException", "Invalid patch path /domainName"),
    );
  });

  it("list, read and delete mappings", async () => {
    const domainName = "m.example.com";
    await createDomain(domainName);
    expect(await map(domainName, {})).toMatchObject({ basePath: "(none)", restApiId: orders });
    await map(domainName, { basePath: "v1" });
    const { items } = await client.send(new GetBasePathMappingsCommand({ domainName }));
    expect(items).toEqual([
      { basePath: "(none)", restApiId: orders, stage: "prod" },
      { basePath: "v1", restApiId: orders, stage: "prod" },
    ]);
    await client.send(new DeleteBasePathMappingCommand({ domainName, basePath: "(none)" }));
    await expect(
      client.send(new GetBasePathMappingCommand({ domainName, basePath: "(none)" })),
    ).rejects.toEqual(
      refused("NotFoundException", "Invalid base path mapping identifier specified"),
    );
  });

  it("refuse what AWS refuses", async () => {
    const domainName = "refuses.example.com";
    await createDomain(domainName);
    await expect(createDomain(domainName)).rejects.toEqual(
      refused("BadRequestException", "The domain name you provided already exists."),
    );
    await expect(createDomain("localhost")).rejects.toMatchObject({ name: "BadRequestException" });
    await expect(
      createDomain("no.example.com", { regionalCertificateArn: undefined }),
    ).rejects.toMatchObject({ name: "BadRequestException" });
    await expect(
      client.send(new GetDomainNameCommand({ domainName: "none.example.com" })),
    ).rejects.toEqual(refused("NotFoundException", "Invalid domain name identifier specified"));
    await map(domainName, { basePath: "v1" });
    await expect(
      client.send(new DeleteStageCommand({ restApiId: orders, stageName: "prod" })),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/^Deleting stage failed\. .*: .*refuses\.example\.com/),
    });
    await expect(
      client.send(new DeleteRestApiCommand({ restApiId: orders })),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/^Deleting RestApi failed\. Please remove all /),
    });
    await expect(map(domainName, { basePath: "v1" })).rejects.toEqual(
      refused("ConflictException", "Base path already exists for this domain name"),
    );
    await expect(map(domainName, { basePath: "a/b" })).rejects.toMatchObject({
      name: "BadRequestException",
    });
    await expect(map(domainName, { restApiId: "none" })).rejects.toEqual(
      refused("BadRequestException", "Invalid REST API identifier specified"),
    );
    await expect(map(domainName, { stage: "none" })).rejects.toEqual(
      refused("BadRequestException", "Invalid stage identifier specified"),
    );
  });
});
