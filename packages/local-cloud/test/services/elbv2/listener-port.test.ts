import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCloud, type CloudCore } from "../../../src/cloud.ts";
import { virtualClock } from "../../../src/clock.ts";
import type { ListenerPort } from "../../../src/data-plane/ports/listeners.ts";
import { seededRandom } from "../../../src/random.ts";
import type { RequestContext } from "../../../src/service.ts";
import type { ServiceName } from "../../../src/services/registry.ts";
import { openStore } from "../../../src/storage/sqlite-store.ts";

// Protects how CodeDeploy and ECS move traffic: listeners and rules are found by each ARN they have, and their
// target groups are replaced with AWS's checks and nothing else of the action.

const PLACE = { account: "000000000000", region: "us-east-1" };

let core: CloudCore;
let port: ListenerPort;
let listenerArn: string;
let defaultRuleArn: string;
let ruleArn: string;
let redirectArn: string;
let balancerArn: string;
let blue: string;
let green: string;

/** Calls an operation as the server would; `path` leads to the one text of the answer that is asked for. */
async function call(
  service: ServiceName,
  operation: string,
  input: object,
  path: readonly (string | number)[] = [],
): Promise<string> {
  const { handlers } = await core.service(service);
  const context: RequestContext = {
    ...PLACE,
    operation,
    requestId: "request",
    caller: { accessKeyId: "test", arn: "arn:aws:iam::000000000000:root", userId: PLACE.account },
    signal: AbortSignal.any([]),
  };
  let found: unknown = await handlers[operation]?.(input, context);
  for (const name of path) {
    found = found instanceof Object ? Reflect.get(found, name) : undefined;
  }
  return typeof found === "string" ? found : JSON.stringify(found ?? null);
}

const elb = (operation: string, input: object, path: readonly (string | number)[] = []) =>
  call("elasticloadbalancing", operation, input, path);

const forward = (...shares: readonly (readonly [arn: string, weight: number])[]) => ({
  Type: "forward",
  ForwardConfig: {
    TargetGroups: shares.map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight })),
    TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 },
  },
});

beforeEach(async () => {
  core = createCloud({
    ...PLACE,
    clock: virtualClock(Date.UTC(2026, 10, 21), (error) => {
      throw error;
    }),
    random: seededRandom(3),
    store: openStore(undefined),
    endpointUrl: () => "http://127.0.0.1:1",
    warn: () => undefined,
  });
  port = await core.cloud.port("listeners");
  const subnets = [0, 1].map((index) =>
    call("ec2", "DescribeSubnets", {}, ["Subnets", index, "SubnetId"]),
  );
  const vpc = await call("ec2", "DescribeSubnets", {}, ["Subnets", 0, "VpcId"]);
  const group = (Name: string) =>
    elb("CreateTargetGroup", { Name, TargetType: "ip", Protocol: "HTTP", Port: 80, VpcId: vpc }, [
      "TargetGroups",
      0,
      "TargetGroupArn",
    ]);
  blue = await group("blue");
  green = await group("green");
  balancerArn = await elb(
    "CreateLoadBalancer",
    { Name: "web", Subnets: await Promise.all(subnets) },
    ["LoadBalancers", 0, "LoadBalancerArn"],
  );
  const listener = (Port: number, action: object) =>
    elb(
      "CreateListener",
      { LoadBalancerArn: balancerArn, Protocol: "HTTP", Port, DefaultActions: [action] },
      ["Listeners", 0, "ListenerArn"],
    );
  listenerArn = await listener(80, { Type: "forward", TargetGroupArn: blue });
  redirectArn = await listener(81, {
    Type: "fixed-response",
    FixedResponseConfig: { StatusCode: "404" },
  });
  defaultRuleArn = await elb("DescribeRules", { ListenerArn: listenerArn }, [
    "Rules",
    0,
    "RuleArn",
  ]);
  ruleArn = await elb(
    "CreateRule",
    {
      ListenerArn: listenerArn,
      Priority: 1,
      Conditions: [{ Field: "path-pattern", Values: ["/shop/*"] }],
      Actions: [forward([blue, 100], [green, 0])],
    },
    ["Rules", 0, "RuleArn"],
  );
});
afterEach(() => core.close());

describe("finding", () => {
  it("leads from a listener, its default rule and a rule to where they forward", () => {
    const at = { loadBalancerArn: balancerArn, listenerArn, port: 80 };
    const alone = { ...at, ruleArn: undefined, forward: [{ targetGroupArn: blue, weight: 1 }] };
    expect(port.find(PLACE, listenerArn)).toEqual(alone);
    expect(port.find(PLACE, defaultRuleArn)).toEqual(alone);
    expect(port.find(PLACE, ruleArn)).toEqual({
      ...at,
      ruleArn,
      forward: [
        { targetGroupArn: blue, weight: 100 },
        { targetGroupArn: green, weight: 0 },
      ],
    });
  });

  it("tells that an action is no forward, and that there is nothing", () => {
    expect(port.find(PLACE, redirectArn)).toMatchObject({ port: 81, forward: undefined });
    expect(port.find(PLACE, `${ruleArn}0`)).toBeUndefined();
    expect(port.find({ ...PLACE, region: "eu-west-1" }, ruleArn)).toBeUndefined();
  });
});

describe("forwarding", () => {
  const shares = () => [
    { targetGroupArn: blue, weight: 900 },
    { targetGroupArn: green, weight: 99 },
  ];

  it("replaces the groups of a rule and keeps its stickiness and conditions", async () => {
    expect(await port.forward(PLACE, ruleArn, shares())).toBe(true);
    expect(port.find(PLACE, ruleArn)?.forward).toEqual(shares());
    const rule = await elb("DescribeRules", { RuleArns: [ruleArn] }, ["Rules", 0]);
    expect(JSON.parse(rule)).toMatchObject({
      Priority: "1",
      Conditions: [{ Field: "path-pattern" }],
      Actions: [forward([blue, 900], [green, 99])],
    });
  });

  it("replaces the groups of a listener, also by its default rule's ARN", async () => {
    expect(await port.forward(PLACE, defaultRuleArn, shares())).toBe(true);
    expect(port.find(PLACE, listenerArn)?.forward).toEqual(shares());
    expect(await port.forward(PLACE, listenerArn, [{ targetGroupArn: green, weight: 1 }])).toBe(
      true,
    );
    expect(port.find(PLACE, defaultRuleArn)?.forward).toEqual([
      { targetGroupArn: green, weight: 1 },
    ]);
  });

  it("does nothing when there is no such rule", async () => {
    expect(await port.forward(PLACE, `${ruleArn}0`, shares())).toBe(false);
  });

  it("refuses what ModifyRule refuses, and changes nothing", async () => {
    const before = port.find(PLACE, ruleArn);
    const wrong = [{ targetGroupArn: blue, weight: 1000 }];
    await expect(port.forward(PLACE, ruleArn, wrong)).rejects.toMatchObject({
      code: "ValidationError",
      message: "Weight '1000' must be between 0 and 999",
    });
    const missing = [{ targetGroupArn: `${green}0`, weight: 1 }];
    await expect(port.forward(PLACE, ruleArn, missing)).rejects.toMatchObject({
      code: "TargetGroupNotFoundException",
    });
    expect(port.find(PLACE, ruleArn)).toEqual(before);
  });
});
