/*
 * Protects how a listener decides: every kind of condition, priorities, the actions that need no target, and
 * both kinds of stickiness.
 */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import {
  type Action,
  CreateRuleCommand,
  DeleteRuleCommand,
  DescribeRulesCommand,
  ModifyListenerCommand,
  type RuleCondition,
  SetRulePrioritiesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  type BalancerCloud,
  balancerCloud,
  forwardTo,
  startTarget,
  type TargetServer,
} from "./balancer-cloud.ts";

let at: BalancerCloud;
let targets: TargetServer[];
let listener: Awaited<ReturnType<BalancerCloud["listener"]>>;
let balancer: Awaited<ReturnType<BalancerCloud["balancer"]>>;

const fixed = (MessageBody: string): Action => ({
  Type: "fixed-response",
  FixedResponseConfig: { StatusCode: "200", ContentType: "text/plain", MessageBody },
});

beforeAll(async () => {
  at = await balancerCloud();
  targets = [await startTarget("a"), await startTarget("b")];
  balancer = await at.balancer();
  listener = await at.listener(balancer.arn, fixed("default"));
});
afterEach(async () => {
  const { Rules = [] } = await at.elb.send(new DescribeRulesCommand({ ListenerArn: listener.arn }));
  for (const { RuleArn, IsDefault } of Rules) {
    if (IsDefault !== true) await at.elb.send(new DeleteRuleCommand({ RuleArn }));
  }
});
afterAll(async () => {
  await at.close();
  for (const target of targets) target.close();
});

async function rule(Priority: number, Conditions: RuleCondition[], action: Action) {
  const { Rules } = await at.elb.send(
    new CreateRuleCommand({ ListenerArn: listener.arn, Priority, Conditions, Actions: [action] }),
  );
  return Rules?.[0]?.RuleArn ?? "";
}

/** fetch does not send a Host of one's own. */
async function bodyOf(path: string, headers: Record<string, string> = {}, method = "GET") {
  const { hostname, port } = new URL(listener.url);
  const call = request({ hostname, port, path, method, headers });
  call.end();
  const [answer]: IncomingMessage[] = await once(call, "response");
  if (answer === undefined) throw new Error("no response");
  return text(answer);
}

describe("conditions", () => {
  const cases: [RuleCondition, Parameters<typeof bodyOf>, Parameters<typeof bodyOf>][] = [
    [
      { Field: "host-header", HostHeaderConfig: { Values: ["*.Example.com"] } },
      ["/", { host: "api.example.COM:80" }],
      ["/", { host: "example.com" }],
    ],
    [{ Field: "path-pattern", Values: ["/img/*.j?g"] }, ["/img/a/b.jpg?x=1"], ["/IMG/a.jpg"]],
    [
      { Field: "http-header", HttpHeaderConfig: { HttpHeaderName: "X-Beta", Values: ["y*"] } },
      ["/", { "x-beta": "YES" }],
      ["/", { "x-beta": "no" }],
    ],
    [
      { Field: "http-request-method", HttpRequestMethodConfig: { Values: ["PUT", "PATCH"] } },
      ["/", {}, "PATCH"],
      ["/", {}, "POST"],
    ],
    [
      {
        Field: "query-string",
        QueryStringConfig: { Values: [{ Key: "version", Value: "v1" }, { Value: "*all*" }] },
      },
      ["/?a=b&VERSION=V1"],
      ["/?version=v2"],
    ],
    [
      { Field: "source-ip", SourceIpConfig: { Values: ["127.0.0.0/8"] } },
      ["/"],
      // No other address can call here: the next condition stands for the miss.
      ["/missed"],
    ],
  ];
  it.each(cases)("matches and misses: %j", async (condition, hit, miss) => {
    const isOpen = condition.Field === "source-ip";
    const own = isOpen ? [condition, { Field: "path-pattern", Values: ["/"] }] : [condition];
    await rule(10, own, fixed("matched"));
    expect(await bodyOf(...hit)).toBe("matched");
    expect(await bodyOf(...miss)).toBe("default");
  });
});

it("tries rules by priority, and swaps two at once", async () => {
  const all: RuleCondition[] = [{ Field: "path-pattern", Values: ["*"] }];
  const first = await rule(1, all, fixed("first"));
  const second = await rule(2, all, fixed("second"));
  expect(await bodyOf("/")).toBe("first");
  await expect(rule(2, all, fixed("third"))).rejects.toMatchObject({
    name: "PriorityInUseException",
    message: "Priority '2' is currently in use",
  });
  await at.elb.send(
    new SetRulePrioritiesCommand({
      RulePriorities: [
        { RuleArn: first, Priority: 2 },
        { RuleArn: second, Priority: 1 },
      ],
    }),
  );
  expect(await bodyOf("/")).toBe("second");
  const { Rules = [] } = await at.elb.send(new DescribeRulesCommand({ ListenerArn: listener.arn }));
  expect(Rules.map(({ Priority }) => Priority)).toEqual(["1", "2", "default"]);
});

it("refuses what a rule cannot be", async () => {
  const name = "ValidationError";
  await expect(rule(1, [], fixed("x"))).rejects.toMatchObject({ name });
  const six = ["/1", "/2", "/3", "/4", "/5", "/6"];
  await expect(rule(1, [{ Field: "path-pattern", Values: six }], fixed("x"))).rejects.toMatchObject(
    { name },
  );
  await expect(rule(1, [{ Field: "colour", Values: ["red"] }], fixed("x"))).rejects.toMatchObject({
    name,
  });
  const { Rules = [] } = await at.elb.send(new DescribeRulesCommand({ ListenerArn: listener.arn }));
  await expect(
    at.elb.send(new DeleteRuleCommand({ RuleArn: Rules[0]?.RuleArn })),
  ).rejects.toMatchObject({ name: "OperationNotPermittedException" });
});

it("redirects with the parts of the request that it keeps", async () => {
  await rule(1, [{ Field: "path-pattern", Values: ["/old/*"] }], {
    Type: "redirect",
    RedirectConfig: {
      Protocol: "HTTPS",
      Port: "443",
      Path: "/new/#{path}",
      StatusCode: "HTTP_301",
    },
  });
  const answer = await listener.call("/old/x?a=b", { redirect: "manual" });
  expect([answer.status, answer.headers.get("location")]).toEqual([
    301,
    "https://127.0.0.1:443/new/old/x?a=b",
  ]);
});

describe("stickiness", () => {
  async function cookiesOf(answer: Response) {
    await answer.text();
    return answer.headers.getSetCookie().map((line) => line.split(";")[0] ?? "");
  }

  it("keeps a client with its group, even at weight 0, until the time is over", async () => {
    const [a, b] = targets;
    if (a === undefined || b === undefined) throw new Error("two targets were started");
    const groups = [await at.group([a.port]), await at.group([b.port])];
    const weigh = (weights: readonly number[]) =>
      at.elb.send(
        new ModifyListenerCommand({
          ListenerArn: listener.arn,
          DefaultActions: [
            {
              Type: "forward",
              ForwardConfig: {
                TargetGroups: groups.map(({ arn }, index) => ({
                  TargetGroupArn: arn,
                  Weight: weights[index],
                })),
                TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 },
              },
            },
          ],
        }),
      );
    await weigh([1, 0]);
    await at.settle();
    const first = await cookiesOf(await listener.call("/"));
    expect(first.map((cookie) => cookie.split("=")[0])).toEqual(["AWSALBTG", "AWSALBTGCORS"]);
    await weigh([0, 1]);
    const again = () => listener.call("/", { headers: { cookie: first.join("; ") } });
    for (let index = 0; index < 5; index++) expect(await (await again()).text()).toBe("a");
    expect(await (await listener.call("/")).text()).toBe("b");
    await at.cloud.advance(60_000);
    expect(await (await again()).text()).toBe("b");
  });

  it("keeps a client with its target while the target is well", async () => {
    const group = await at.group(
      targets.map(({ port }) => port),
      { HealthCheckIntervalSeconds: 10, UnhealthyThresholdCount: 2 },
      { "stickiness.enabled": "true", "stickiness.lb_cookie.duration_seconds": "600" },
    );
    await at.elb.send(
      new ModifyListenerCommand({ ListenerArn: listener.arn, DefaultActions: [forwardTo(group)] }),
    );
    await at.settle();
    const first = await listener.call("/");
    const cookie = first.headers
      .getSetCookie()
      .map((line) => line.split(";")[0])
      .join("; ");
    const name = await first.text();
    const again = async () => (await listener.call("/", { headers: { cookie } })).text();
    for (let index = 0; index < 5; index++) expect(await again()).toBe(name);
    const held = targets.find((_, index) => ["a", "b"][index] === name);
    if (held === undefined) throw new Error(`no target is called ${name}`);
    held.health = 500;
    await at.cloud.advance(20_000);
    expect(await again()).not.toBe(name);
    held.health = 200;
  });
});

it("refuses weights, groups and durations out of range", async () => {
  const group = await at.group([]);
  const modify = (action: Action) =>
    at.elb.send(new ModifyListenerCommand({ ListenerArn: listener.arn, DefaultActions: [action] }));
  const name = "ValidationError";
  await expect(modify(forwardTo({ ...group, weight: 1000 }))).rejects.toMatchObject({ name });
  await expect(modify(forwardTo(group, group))).rejects.toMatchObject({ name });
  const gone = `${group.arn.slice(0, -4)}0000`;
  await expect(modify(forwardTo({ arn: gone }))).rejects.toMatchObject({
    name: "TargetGroupNotFoundException",
    message: "One or more target groups not found",
  });
  const cognito = { Type: "authenticate-cognito", Order: 1 } as const;
  await expect(modify(cognito)).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } });
});
