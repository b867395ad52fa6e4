/*
 * Protects that targets are really asked whether they are well, at the times that the cloud's clock says, and that
 * traffic goes to those that are: over a real server that can be made unwell.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ListTargetsCommand, UpdateTargetGroupCommand } from "@aws-sdk/client-vpc-lattice";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { afterProbe, type Health } from "../../../src/services/vpclattice/health/health-book.ts";
import { matches } from "../../../src/services/vpclattice/health/probe.ts";
import { readHealthCheck } from "../../../src/services/vpclattice/target-group-config.ts";
import { forwardTo, latticeCloud, type LatticeCloud } from "./lattice-cloud.ts";

describe("thresholds", () => {
  const check = readHealthCheck({ healthyThresholdCount: 3, unhealthyThresholdCount: 2 });
  const run = (probes: string) => {
    let health: Health | undefined;
    return probes
      .split("")
      .map((one) => {
        health = afterProbe(health, one === "+" ? undefined : "Timeout", check);
        return health.status[0];
      })
      .join("");
  };

  it("needs one good probe at first, then as many in a row as configured", () => {
    expect(run("+")).toBe("H");
    expect(run("--")).toBe("IU");
    expect(run("+-+--")).toBe("HHHHU");
    expect(run("--++-+++")).toBe("IUUUUUUH");
  });

  it("reads single codes, ranges and lists", () => {
    expect([200, 204, 299, 301, 302].filter((status) => matches("200-299,301", status))).toEqual([
      200, 204, 299, 301,
    ]);
    expect(matches("200", 201)).toBe(false);
  });
});

describe("probes", () => {
  let at: LatticeCloud;
  let servers: TestServer[];
  beforeEach(async () => {
    at = await latticeCloud();
    servers = [await startServer("a"), await startServer("b")];
  });
  afterEach(async () => {
    await at.close();
    for (const { server } of servers) server.close();
  });

  async function statuses(groupId: string) {
    const { items = [] } = await at.lattice.send(
      new ListTargetsCommand({ targetGroupIdentifier: groupId }),
    );
    return items.map(({ status }) => status);
  }

  async function start() {
    const group = await at.addressGroup(
      servers.map(({ port }) => port),
      {
        enabled: true,
        path: "/health",
        healthCheckIntervalSeconds: 10,
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
      },
    );
    return { group, service: await at.service(forwardTo(group)) };
  }

  it("takes an unwell target out and back in, and all when none is well", async () => {
    const { group, service } = await start();
    const [a, b] = servers;
    if (a === undefined || b === undefined) throw new Error("two servers were started");
    const names = async () => {
      const seen = new Set<string>();
      for (let index = 0; index < 20; index++) seen.add(await (await service.call("/")).text());
      return [...seen].toSorted();
    };
    expect(await statuses(group.id)).toEqual(["HEALTHY", "HEALTHY"]);
    expect(await names()).toEqual(["a", "b"]);

    b.isWell = false;
    await at.cloud.advance(10_000);
    expect(await statuses(group.id)).toEqual(["HEALTHY", "HEALTHY"]);
    await at.cloud.advance(10_000);
    expect(await statuses(group.id)).toEqual(["HEALTHY", "UNHEALTHY"]);
    expect(await names()).toEqual(["a"]);

    a.isWell = false;
    await at.cloud.advance(20_000);
    expect(await statuses(group.id)).toEqual(["UNHEALTHY", "UNHEALTHY"]);
    expect(await names()).toEqual(["a", "b"]);

    b.isWell = true;
    await at.cloud.advance(20_000);
    expect(await statuses(group.id)).toEqual(["UNHEALTHY", "HEALTHY"]);
    expect(await names()).toEqual(["b"]);
  });

  it("asks nobody while the group is unused or the checks are off", async () => {
    const [a] = servers;
    const group = await at.addressGroup([a?.port ?? 0], { enabled: true });
    await at.cloud.advance(120_000);
    expect(a?.probes).toBe(0);
    expect(await statuses(group.id)).toEqual(["UNUSED"]);
    await at.service(forwardTo(group));
    await at.cloud.advance(30_000);
    expect(a?.probes).toBeGreaterThan(0);
    await at.lattice.send(
      new UpdateTargetGroupCommand({
        targetGroupIdentifier: group.id,
        healthCheck: { enabled: false },
      }),
    );
    expect(await statuses(group.id)).toEqual(["UNAVAILABLE"]);
    const before = a?.probes;
    await at.cloud.advance(120_000);
    expect(a?.probes).toBe(before);
  });

  it("answers 503 when a target is not there", async () => {
    const gone = await startServer("gone");
    await new Promise<void>((resolve) => void gone.server.close(() => resolve()));
    const group = await at.addressGroup([gone.port]);
    const service = await at.service(forwardTo(group));
    expect((await service.call("/")).status).toBe(503);
  });
});

interface TestServer {
  readonly server: Server;
  readonly port: number;
  isWell: boolean;
  probes: number;
}

/** Answers its name; "/health" as it is told. */
async function startServer(name: string): Promise<TestServer> {
  const server = createServer((request, response) => {
    const isProbe = request.headers["user-agent"]?.startsWith("VPC-Lattice") ?? false;
    if (isProbe) own.probes++;
    response.writeHead(isProbe && !own.isWell ? 500 : 200).end(name);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", () => resolve()));
  const address: AddressInfo | string | null = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const own: TestServer = { server, port, isWell: true, probes: 0 };
  return own;
}
