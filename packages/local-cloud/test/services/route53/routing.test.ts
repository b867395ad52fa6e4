// Protects that a request whose Host is a record's name goes where the record leads, split by weight for each request,
// and that a zone never takes over a name of the cloud's own. Over two real API Gateway stages.
import {
  APIGatewayClient,
  CreateBasePathMappingCommand,
  CreateDeploymentCommand,
  CreateDomainNameCommand,
} from "@aws-sdk/client-api-gateway";
import { CreateHealthCheckCommand, TestDNSAnswerCommand } from "@aws-sdk/client-route-53";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LocalCloudOptions } from "../../../src/index.ts";
import { deployApi, mock } from "../../data-plane/execute-api/test-api.ts";
import { create, route53Cloud, type Route53Cloud, set, upsert, weighted } from "./route53-cloud.ts";

let at: Route53Cloud;
let zoneId: string;
beforeEach(() => start());
afterEach(() => at.close());

async function start(options?: LocalCloudOptions) {
  at = await route53Cloud(options);
  zoneId = await at.zone("example.com");
}

const API = "api.example.com";

/** An API whose stages "blue" and "green" answer their names. @returns its id */
async function twoStages(): Promise<string> {
  const client = at.cloud.client(APIGatewayClient);
  const api = await deployApi(at.cloud, client, { "GET /": mock("$context.stage") });
  for (const stageName of ["blue", "green"]) {
    await client.send(new CreateDeploymentCommand({ restApiId: api.apiId, stageName }));
  }
  return api.apiId;
}

/** A custom domain name that leads to one stage. @returns what records point to */
async function domain(domainName: string, restApiId: string, stage: string): Promise<string> {
  const client = at.cloud.client(APIGatewayClient);
  const { regionalDomainName = "" } = await client.send(
    new CreateDomainNameCommand({
      domainName,
      regionalCertificateArn: "arn:aws:acm:us-east-1:000000000000:certificate/1",
      endpointConfiguration: { types: ["REGIONAL"] },
    }),
  );
  await client.send(new CreateBasePathMappingCommand({ domainName, restApiId, stage }));
  return regionalDomainName;
}

async function count(times: number, host = API): Promise<Record<string, number>> {
  const seen: Record<string, number> = {};
  for (let index = 0; index < times; index++) {
    const body = await at.get(host);
    seen[body] = (seen[body] ?? 0) + 1;
  }
  return seen;
}

/** Of `times` seeded draws with the probability `share`, five standard deviations around the mean. */
function near(share: number, times: number) {
  const spread = 5 * Math.sqrt(times * share * (1 - share));
  return { from: times * share - spread, to: times * share + spread };
}

const alias = (identifier: string, weight: number, target: string) =>
  upsert({
    Name: API,
    Type: "A",
    SetIdentifier: identifier,
    Weight: weight,
    AliasTarget: {
      HostedZoneId: "Z1UJRXOUMOOFQ8",
      DNSName: target,
      EvaluateTargetHealth: false,
    },
  });

describe("weighted records", () => {
  it("split requests between two stages, as the weights say at each moment", async () => {
    const apiId = await twoStages();
    const blue = await domain("blue.example.com", apiId, "blue");
    const green = await domain("green.example.com", apiId, "green");
    await at.change(zoneId, alias("blue", 90, blue), alias("green", 10, green));
    const seen = await count(400);
    const { from, to } = near(0.1, 400);
    expect(seen["green"]).toBeGreaterThan(from);
    expect(seen["green"]).toBeLessThan(to);
    expect((seen["blue"] ?? 0) + (seen["green"] ?? 0)).toBe(400);

    await at.change(zoneId, alias("blue", 0, blue), alias("green", 10, green));
    expect(await count(30)).toEqual({ green: 30 });
    await at.change(zoneId, alias("blue", 0, blue), alias("green", 0, green));
    expect(Object.keys(await count(40)).toSorted()).toEqual(["blue", "green"]);
    expect(await count(1, "blue.example.com")).toEqual({ blue: 1 });
    expect(await at.get(`${API}.localhost:4566`)).toMatch(/blue|green/);
  });

  it("lead to the stage in the path by CNAMEs, through a chain, and not around in circles", async () => {
    const apiId = await twoStages();
    const target = `${apiId}.execute-api.us-east-1.amazonaws.com`;
    await at.change(
      zoneId,
      create(weighted(API, "one", 1, "step.example.com")),
      create(set("step.example.com", "CNAME", [target])),
      create(set("*.wild.example.com", "CNAME", ["step.example.com"])),
      create(set("x.example.com", "CNAME", ["y.example.com"])),
      create(set("y.example.com", "CNAME", ["x.example.com"])),
    );
    expect(await at.get(API, "/green/")).toBe("green");
    expect(await at.get("any.wild.example.com", "/blue/")).toBe("blue");
    expect(await at.get("x.example.com", "/blue/")).toContain("no AWS service");
  });

  it("answer TestDNSAnswer by the same draw", async () => {
    await at.change(
      zoneId,
      create(weighted(API, "blue", 3, "blue.example.com")),
      create(weighted(API, "green", 1, "green.example.com")),
    );
    const ask = () =>
      at.route53.send(
        new TestDNSAnswerCommand({
          HostedZoneId: zoneId,
          RecordName: API,
          RecordType: "CNAME",
        }),
      );
    let green = 0;
    for (let index = 0; index < 200; index++) {
      if ((await ask()).RecordData?.[0] === "green.example.com") green++;
    }
    const { from, to } = near(0.25, 200);
    expect(green).toBeGreaterThan(from);
    expect(green).toBeLessThan(to);
    expect(await ask()).toMatchObject({
      RecordName: `${API}.`,
      RecordType: "CNAME",
      ResponseCode: "NOERROR",
      Protocol: "UDP",
    });
    const missing = await at.route53.send(
      new TestDNSAnswerCommand({
        HostedZoneId: zoneId,
        RecordName: "no.example.com",
        RecordType: "A",
      }),
    );
    expect(missing).toMatchObject({ ResponseCode: "NXDOMAIN" });
    expect(missing.RecordData ?? []).toEqual([]);
  });
});

describe("health", () => {
  /** A check that says what it is told: disabled is healthy, and inverted turns that around. */
  async function check(isHealthy: boolean): Promise<string> {
    const { HealthCheck } = await at.route53.send(
      new CreateHealthCheckCommand({
        CallerReference: `check-${isHealthy}`,
        HealthCheckConfig: {
          Type: "CALCULATED",
          HealthThreshold: 0,
          Disabled: true,
          Inverted: !isHealthy,
        },
      }),
    );
    return HealthCheck?.Id ?? "";
  }
  async function answers(): Promise<string[]> {
    const seen = new Set<string>();
    for (let index = 0; index < 60; index++) {
      const { RecordData = [] } = await at.route53.send(
        new TestDNSAnswerCommand({ HostedZoneId: zoneId, RecordName: API, RecordType: "CNAME" }),
      );
      for (const value of RecordData) seen.add(value);
    }
    return [...seen].toSorted();
  }

  it.each<[what: string, weights: readonly [string, number, boolean][], answers: string[]]>([
    [
      "leaves out the unhealthy",
      [
        ["a", 99, false],
        ["b", 1, true],
      ],
      ["b"],
    ],
    [
      "takes all when none is healthy",
      [
        ["a", 1, false],
        ["b", 1, false],
      ],
      ["a", "b"],
    ],
    [
      "leaves out a weight of 0",
      [
        ["a", 0, true],
        ["b", 1, true],
      ],
      ["b"],
    ],
    [
      "draws a weight of 0 when the others are unhealthy",
      [
        ["a", 0, true],
        ["b", 9, false],
      ],
      ["a"],
    ],
    [
      "never draws 0 when none is healthy",
      [
        ["a", 0, false],
        ["b", 1, false],
      ],
      ["b"],
    ],
    [
      "draws any when all are 0",
      [
        ["a", 0, true],
        ["b", 0, true],
      ],
      ["a", "b"],
    ],
  ])("%s", async (_what, weights, expected) => {
    const ids = new Map([
      [true, await check(true)],
      [false, await check(false)],
    ]);
    for (const [name, weight, isHealthy] of weights) {
      const HealthCheckId = ids.get(isHealthy);
      await at.change(zoneId, create(weighted(API, name, weight, name, { HealthCheckId })));
    }
    expect(await answers()).toEqual(expected);
  });

  it("fails over, and an alias that evaluates its target follows it", async () => {
    const failover = (Failover: "PRIMARY" | "SECONDARY", value: string, HealthCheckId?: string) =>
      create(set(API, "CNAME", [value], { SetIdentifier: value, Failover, HealthCheckId }));
    await at.change(
      zoneId,
      failover("PRIMARY", "p", await check(false)),
      failover("SECONDARY", "s"),
    );
    expect(await answers()).toEqual(["s"]);
  });
});

describe("names that are not the zone's to give", () => {
  it("stay the cloud's own and AWS's", async () => {
    const apiId = await twoStages();
    const amazonZone = await at.zone("amazonaws.com");
    const target = `${apiId}.execute-api.us-east-1.amazonaws.com`;
    const host = "lambda.us-east-1.amazonaws.com";
    await at.change(
      amazonZone,
      create(set(host, "CNAME", [target])),
      create(set(target, "CNAME", ["other.example.com"])),
    );
    const localZone = await at.zone("localhost");
    await at.change(localZone, create(set("localhost", "A", ["192.0.2.1"])));
    expect(await at.get(host, "/blue/")).not.toBe("blue");
    expect(await at.get(target, "/blue/")).toBe("blue");
    expect(await at.get("localhost", "/_headgate/health")).toContain('"status":"ready"');
  });

  it("with records that lead to no door fall back to a custom domain name", async () => {
    const apiId = await twoStages();
    await domain(API, apiId, "blue");
    await at.change(zoneId, create(set(API, "A", ["192.0.2.1"])));
    expect(await at.get(API)).toBe("blue");
  });
});

it("routes as before after a restart", async () => {
  await at.close();
  const dataDirectory = mkdtempSync(join(tmpdir(), "headgate-route53-"));
  try {
    await start({ dataDirectory });
    const apiId = await twoStages();
    const target = `${apiId}.execute-api.us-east-1.amazonaws.com`;
    await at.change(zoneId, create(weighted(API, "only", 1, target)));
    await at.close();
    at = await route53Cloud({ dataDirectory });
    // The clock's route waits until what was stored goes on.
    await fetch(`${at.cloud.url}/_headgate/advance`, {
      method: "POST",
      headers: { "x-headgate-admin": "1" },
      body: JSON.stringify({ by: "1s" }),
    });
    expect(await at.get(API, "/green/")).toBe("green");
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true });
  }
});
