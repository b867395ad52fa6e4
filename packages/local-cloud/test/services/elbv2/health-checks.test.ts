/*
 * Protects that targets are really asked whether they are well, at the times that the cloud's clock says, that traffic
 * goes to those that are, and that a target which is taken out may end what it has begun.
 */
import {
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  ModifyTargetGroupAttributesCommand,
  RegisterTargetsCommand,
  waitUntilLoadBalancerAvailable,
  waitUntilLoadBalancersDeleted,
  waitUntilTargetDeregistered,
  waitUntilTargetInService,
  DeleteLoadBalancerCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { afterProbe, type Health } from "../../../src/services/elbv2/health/health-book.ts";
import { matches } from "../../../src/services/elbv2/health/probe.ts";
import {
  type BalancerCloud,
  balancerCloud,
  forwardTo,
  startTarget,
  type TargetServer,
} from "./balancer-cloud.ts";

describe("thresholds", () => {
  const run = (probes: string) => {
    let health: Health | undefined;
    const failure = { reason: "Target.Timeout", description: "Request timed out" } as const;
    return probes
      .split("")
      .map((one) => {
        const check = { healthyThreshold: 3, unhealthyThreshold: 2 };
        health = afterProbe(health, one === "+" ? undefined : failure, check, 0);
        return health.status[0];
      })
      .join("");
  };

  it("needs one good probe at first, then as many in a row as configured", () => {
    expect(run("+")).toBe("h");
    expect(run("--")).toBe("iu");
    expect(run("-+")).toBe("ih");
    expect(run("+-+--")).toBe("hhhhu");
    expect(run("--++-+++")).toBe("iuuuuuuh");
  });

  it("reads single codes, ranges and lists", () => {
    const well = [200, 204, 299, 301, 302].filter((status) => matches("200-299,301", status));
    expect(well).toEqual([200, 204, 299, 301]);
  });
});

describe("a group", () => {
  let at: BalancerCloud;
  let a: TargetServer;
  let b: TargetServer;
  beforeEach(async () => {
    at = await balancerCloud();
    a = await startTarget("a");
    b = await startTarget("b");
  });
  afterEach(async () => {
    await at.close();
    a.close();
    b.close();
  });

  async function start(attributes: Readonly<Record<string, string>> = {}) {
    const balancer = await at.balancer();
    const group = await at.group(
      [a.port, b.port],
      {
        HealthCheckPath: "/health",
        HealthCheckIntervalSeconds: 10,
        HealthyThresholdCount: 2,
        UnhealthyThresholdCount: 2,
      },
      attributes,
    );
    const unused = await at.states(group.arn);
    const listener = await at.listener(balancer.arn, forwardTo(group));
    const names = async (count = 6) => {
      const seen: string[] = [];
      for (let index = 0; index < count; index++)
        seen.push(await (await listener.call("/")).text());
      return seen.toSorted().join("");
    };
    return { balancer, group, listener, names, unused };
  }

  it("is unused before a listener forwards to it, then checked; takes turns", async () => {
    const { group, unused, names } = await start();
    expect(unused).toEqual(["unused", "unused"]);
    expect(await at.states(group.arn)).toEqual(["healthy", "healthy"]);
    expect(await names()).toBe("aaabbb");
  });

  it("takes an unwell target out and back in, says why, and uses all when none is well", async () => {
    const { group, names, balancer } = await start();
    b.health = 500;
    await at.cloud.advance(10_000);
    expect(await at.states(group.arn)).toEqual(["healthy", "healthy"]);
    await at.cloud.advance(10_000);
    const { TargetHealthDescriptions } = await at.elb.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: group.arn }),
    );
    expect(TargetHealthDescriptions?.[1]).toMatchObject({
      HealthCheckPort: String(b.port),
      TargetHealth: {
        State: "unhealthy",
        Reason: "Target.ResponseCodeMismatch",
        Description: "Health checks failed with these codes: [500]",
      },
    });
    expect(await names()).toBe("aaaaaa");
    const both = { LoadBalancer: balancer.dimension, TargetGroup: group.dimension };
    expect(await at.sum("UnHealthyHostCount", both)).toBeGreaterThan(0);
    a.health = 503;
    await at.cloud.advance(20_000);
    expect(await at.states(group.arn)).toEqual(["unhealthy", "unhealthy"]);
    expect(await names()).toBe("aaabbb");
    a.health = 200;
    await at.cloud.advance(20_000);
    expect(await at.states(group.arn)).toEqual(["healthy", "unhealthy"]);
    expect(await names()).toBe("aaaaaa");
  });

  it("lets a target that is taken out end what it has begun, within its delay", async () => {
    const { group, listener, names } = await start({
      "deregistration_delay.timeout_seconds": "30",
    });
    const arrived = Promise.withResolvers<ServerResponse>();
    a.handle = (_message, response) => arrived.resolve(response);
    b.handle = a.handle;
    const call = listener.call("/slow");
    const held = await arrived.promise;
    const port = held.socket?.localPort ?? 0;
    const Targets = [{ Id: "127.0.0.1", Port: port }];
    await at.elb.send(new DeregisterTargetsCommand({ TargetGroupArn: group.arn, Targets }));
    expect(new Set(await at.states(group.arn))).toEqual(new Set(["draining", "healthy"]));
    a.handle = (_message, response) => void response.end("a");
    b.handle = (_message, response) => void response.end("b");
    expect(await names()).toBe(port === a.port ? "bbbbbb" : "aaaaaa");
    held.end("late");
    expect(await (await call).text()).toBe("late");
    await at.cloud.advance(30_000);
    expect(await at.states(group.arn)).toEqual(["healthy"]);
  });

  it("ends with 502 what a target has not ended when its delay is over", async () => {
    const { group, listener } = await start({ "deregistration_delay.timeout_seconds": "30" });
    const arrived = Promise.withResolvers<void>();
    a.handle = () => arrived.resolve();
    b.handle = a.handle;
    const call = listener.call("/slow");
    await arrived.promise;
    const Targets = [a, b].map(({ port }) => ({ Id: "127.0.0.1", Port: port }));
    await at.elb.send(new DeregisterTargetsCommand({ TargetGroupArn: group.arn, Targets }));
    await at.cloud.advance(30_000);
    expect((await call).status).toBe(502);
    expect(await at.states(group.arn)).toEqual([]);
  });

  it("gives a target in slow start less than its share", async () => {
    const { group, names } = await start();
    const Targets = [{ Id: "127.0.0.1", Port: b.port }];
    await at.elb.send(
      new ModifyTargetGroupAttributesCommand({
        TargetGroupArn: group.arn,
        Attributes: [
          { Key: "slow_start.duration_seconds", Value: "100" },
          { Key: "deregistration_delay.timeout_seconds", Value: "0" },
        ],
      }),
    );
    await at.cloud.advance(100_000);
    await at.elb.send(new DeregisterTargetsCommand({ TargetGroupArn: group.arn, Targets }));
    await at.elb.send(new RegisterTargetsCommand({ TargetGroupArn: group.arn, Targets }));
    await at.cloud.advance(10_000);
    const early = (await names(60)).replaceAll("a", "").length;
    await at.cloud.advance(100_000);
    const late = (await names(60)).replaceAll("a", "").length;
    expect(late).toBe(30);
    expect(early).toBeLessThan(15);
  });

  it("satisfies the SDK's waiters", async () => {
    const { group, balancer } = await start({ "deregistration_delay.timeout_seconds": "0" });
    const waiter = { client: at.elb, maxWaitTime: 20, minDelay: 1, maxDelay: 1 };
    const Targets = [{ Id: "127.0.0.1", Port: a.port }];
    const LoadBalancerArns = [balancer.arn];
    const target = { TargetGroupArn: group.arn, Targets };
    const results = [
      await waitUntilLoadBalancerAvailable(waiter, { LoadBalancerArns }),
      await waitUntilTargetInService(waiter, target),
    ];
    await at.elb.send(new DeregisterTargetsCommand(target));
    results.push(await waitUntilTargetDeregistered(waiter, target));
    await at.elb.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: balancer.arn }));
    results.push(await waitUntilLoadBalancersDeleted(waiter, { LoadBalancerArns }));
    expect(results.map(({ state }) => state)).toEqual(results.map(() => "SUCCESS"));
  });
});
