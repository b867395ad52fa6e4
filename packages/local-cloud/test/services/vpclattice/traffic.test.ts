/*
 * Protects that a service's traffic really goes where its listener says: by weight, anew for each request, to
 * functions that get VPC Lattice's own events, under every address that a service has.
 */
import { RemovePermissionCommand, GetPolicyCommand } from "@aws-sdk/client-lambda";
import { CreateListenerCommand, UpdateListenerCommand } from "@aws-sdk/client-vpc-lattice";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answering, ECHO, forwardTo, latticeCloud, type LatticeCloud } from "./lattice-cloud.ts";

let at: LatticeCloud;
beforeAll(async () => {
  at = await latticeCloud();
});
afterAll(() => at.close());

async function answersOf(call: () => Promise<Response>, requests: number) {
  const counts: Record<string, number> = {};
  for (let index = 0; index < requests; index++) {
    const text = await (await call()).text();
    counts[text] = (counts[text] ?? 0) + 1;
  }
  return counts;
}

describe("weights", () => {
  it("splits requests by weight, and follows an update at once", async () => {
    const stable = await at.functionGroup("split-stable", answering("stable"));
    const canary = await at.functionGroup("split-canary", answering("canary"));
    const service = await at.service(
      forwardTo({ ...stable, weight: 90 }, { ...canary, weight: 10 }),
    );
    const first = await answersOf(() => service.call("/"), 300);
    // Seeded (TEST_SEED): binomial with p = 0.1, n = 300; four deviations are 21.
    expect(first["canary"]).toBeGreaterThan(9);
    expect(first["canary"]).toBeLessThan(51);
    expect((first["stable"] ?? 0) + (first["canary"] ?? 0)).toBe(300);

    await at.lattice.send(
      new UpdateListenerCommand({
        serviceIdentifier: service.arn,
        listenerIdentifier: service.listenerId,
        defaultAction: forwardTo({ ...stable, weight: 0 }, { ...canary, weight: 7 }),
      }),
    );
    expect(await answersOf(() => service.call("/"), 20)).toEqual({ canary: 20 });
  });

  it("answers 503 when no group has a weight, and when a group has no target", async () => {
    const empty = await at.group();
    const service = await at.service(forwardTo({ ...empty, weight: 0 }));
    expect((await service.call("/")).status).toBe(503);
    await at.lattice.send(
      new UpdateListenerCommand({
        serviceIdentifier: service.id,
        listenerIdentifier: service.listenerId,
        defaultAction: forwardTo(empty),
      }),
    );
    expect((await service.call("/")).status).toBe(503);
  });
});

describe("events", () => {
  it("gives a function the event structure V1", async () => {
    const group = await at.functionGroup("event-one", ECHO);
    const service = await at.service(forwardTo(group));
    const response = await service.call("/a/b?k=1&k=2&x=%20y", {
      method: "POST",
      headers: { "content-type": "application/json", "X-Many": "one" },
      body: '{"a":1}',
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-amzn-requestid")).toMatch(/^[0-9a-f-]{36}$/);
    const event: unknown = await response.json();
    expect(event).toMatchObject({
      raw_path: "/a/b?k=1&k=2&x=%20y",
      method: "POST",
      query_string_parameters: { k: "2", x: " y" },
      body: '{"a":1}',
      is_base64_encoded: false,
      headers: {
        "content-type": "application/json",
        "x-many": "one",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-port": "80",
        "x-forwarded-proto": "http",
        "x-amzn-lattice-target": `ServiceArn=${service.arn}; ServiceNetworkArn=${service.networkArn}; TargetGroupArn=${group.arn}`,
      },
    });
    expect(Object.keys(Object(event))).toEqual([
      "raw_path",
      "method",
      "headers",
      "query_string_parameters",
      "body",
      "is_base64_encoded",
    ]);
  });

  it("gives a function the event structure V2, bytes as base64", async () => {
    const group = await at.functionGroup("event-two", ECHO, {
      config: { lambdaEventStructureVersion: "V2" },
    });
    const service = await at.service(forwardTo(group));
    const response = await service.call("/p?q=1&q=2", {
      method: "PUT",
      headers: { "content-type": "application/octet-stream" },
      body: Buffer.from([0, 255, 1]),
    });
    expect(await response.json()).toMatchObject({
      version: "2.0",
      path: "/p?q=1&q=2",
      method: "PUT",
      headers: { "content-type": ["application/octet-stream"], "x-forwarded-for": ["127.0.0.1"] },
      queryStringParameters: { q: ["1", "2"] },
      body: "AP8B",
      isBase64Encoded: true,
      requestContext: {
        serviceNetworkArn: service.networkArn,
        serviceArn: service.arn,
        targetGroupArn: group.arn,
        identity: {},
        region: "us-east-1",
        timeEpoch: expect.stringMatching(/^\d{16}$/),
      },
    });
  });

  it("refuses what clients say of themselves in VPC Lattice's own headers", async () => {
    const group = await at.functionGroup("event-spoof", ECHO);
    const service = await at.service(forwardTo(group));
    const response = await service.call("/", {
      headers: { "x-amzn-lattice-identity": "Principal=me", "x-amzn-source-vpc": "vpc-mine" },
    });
    const event: unknown = await response.json();
    expect(event).not.toHaveProperty(["headers", "x-amzn-lattice-identity"]);
    expect(event).not.toHaveProperty(["headers", "x-amzn-source-vpc"]);
  });
});

describe("answers", () => {
  const handler = (body: string) => `def handler(event, context):\n    ${body}`;

  it("decodes base64, keeps the status and drops headers of the connection", async () => {
    const group = await at.functionGroup(
      "answer-bytes",
      handler(
        'return {"statusCode": 201, "isBase64Encoded": True, "body": "AP8B", "headers": {"x-a": "1", "Connection": "close", "Transfer-Encoding": "chunked"}}',
      ),
    );
    const response = await (await at.service(forwardTo(group))).call("/");
    expect(response.status).toBe(201);
    expect(response.headers.get("x-a")).toBe("1");
    expect(response.headers.get("transfer-encoding")).toBeNull();
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255, 1]);
  });

  it.each([
    ["not-an-object", 'return "text"'],
    ["without-status", 'return {"body": "x"}'],
    ["with-a-bad-status", 'return {"statusCode": 42, "body": "x"}'],
    ["that-fails", 'raise ValueError("no")'],
  ])("answers 502 for an answer %s", async (name, body) => {
    const group = await at.functionGroup(`answer-${name}`, handler(body));
    const service = await at.service(forwardTo(group));
    expect((await service.call("/")).status).toBe(502);
  });

  it("needs the permission that registering added", async () => {
    const group = await at.functionGroup("answer-permission", answering("ok"));
    const service = await at.service(forwardTo(group));
    expect((await service.call("/")).status).toBe(200);
    const { Policy = "" } = await at.lambda.send(
      new GetPolicyCommand({ FunctionName: "answer-permission" }),
    );
    const { Statement }: { Statement: { Sid: string }[] } = JSON.parse(Policy);
    expect(Statement).toMatchObject([
      {
        Principal: { Service: "vpc-lattice.amazonaws.com" },
        Action: "lambda:InvokeFunction",
        Condition: { ArnLike: { "AWS:SourceArn": group.arn } },
      },
    ]);
    await at.lambda.send(
      new RemovePermissionCommand({
        FunctionName: "answer-permission",
        StatementId: Statement[0]?.Sid,
      }),
    );
    expect((await service.call("/")).status).toBe(502);
  });

  it("refuses a body of more than 6 MB for a function", async () => {
    const group = await at.functionGroup("answer-size", answering("ok"));
    const service = await at.service(forwardTo(group));
    const body = Buffer.alloc(6 * 1024 * 1024 + 1);
    expect((await service.call("/", { method: "POST", body })).status).toBe(413);
  });
});

describe("addresses", () => {
  const at404 = { fixedResponse: { statusCode: 404 } } as const;

  /** Sends the name in the Host header, as any program may. */
  async function statusAt(host: string, path = "/") {
    const { statusCode, body } = await request(`${at.cloud.url}${path}`, { headers: { host } });
    await body.dump();
    return statusCode;
  }

  it("serves a service under its own name, with AWS's ending and with the cloud's", async () => {
    const service = await at.service({ fixedResponse: { statusCode: 500 } });
    expect(service.domainName).toMatch(
      /^service-\d+-0[0-9a-f]{16}\.[0-9a-f]{7}\.vpc-lattice-svcs\.us-east-1\.localhost:\d+$/,
    );
    expect(await statusAt(service.domainName)).toBe(500);
    const onAws = service.domainName.replace(/localhost:\d+$/, "on.aws");
    expect(await statusAt(onAws)).toBe(500);
  });

  it("serves a custom domain name, also below localhost", async () => {
    await at.service(
      { fixedResponse: { statusCode: 500 } },
      {
        service: { customDomainName: "orders.example.com" },
      },
    );
    expect(await statusAt("orders.example.com")).toBe(500);
    expect(await statusAt("orders.example.com.localhost:4566")).toBe(500);
  });

  it("finds the listener by the port that the client names", async () => {
    const service = await at.service(at404);
    await at.lattice.send(
      new CreateListenerCommand({
        serviceIdentifier: service.id,
        name: "second",
        protocol: "HTTP",
        port: 8080,
        defaultAction: { fixedResponse: { statusCode: 500 } },
      }),
    );
    const name = service.domainName.replace(/localhost:\d+$/, "on.aws");
    expect(await statusAt(name)).toBe(404);
    expect(await statusAt(`${name}:8080`)).toBe(500);
    const byPath = (port: number) =>
      fetch(`${at.cloud.url}/_aws/vpc-lattice/${service.id}:${port}/x`);
    expect((await byPath(8080)).status).toBe(500);
    expect(await (await byPath(81)).text()).toContain("its ports: 80, 8080");
  });

  it("does not serve a service that is in no network", async () => {
    const response = await fetch(`${at.cloud.url}/_aws/vpc-lattice/svc-00000000000000000/`);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain("no active service");
  });
});
