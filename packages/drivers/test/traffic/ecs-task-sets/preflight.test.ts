// Protects the look before a release of an ECS service: what would stop it is said before anything is changed, with
// the value found and what to do.
import { expect, it } from "vitest";
import {
  driverOf,
  type EcsCloud,
  ecsCloud,
  forward,
  SERVICE,
  target,
} from "../../support/ecs-cloud.ts";

async function problems(cloud: EcsCloud, options: Parameters<typeof driverOf>[1] = {}) {
  const findings = await driverOf(cloud, options).preflight();
  return findings.filter(({ outcome }) => outcome === "problem");
}

const said = (found: readonly { check: string; detail: string; hint: string }[]) =>
  found.map(({ check, detail, hint }) => `${check}: ${detail} ${hint}`).join("\n");

it("finds all well, and says the mode", async () => {
  const cloud = await ecsCloud();
  const findings = await driverOf(cloud).preflight();
  expect(findings.filter(({ outcome }) => outcome !== "ok")).toEqual([]);
  expect(findings.map(({ check }) => check)).toContain("mode taskSets");
  expect(findings.map(({ detail }) => detail).join()).toContain(
    "ignore_changes = [default_action]",
  );
  expect((await driverOf(cloud).describe()).label).toBe(
    "ecs service web of cluster shop by task sets (us-east-1)",
  );
});

it.each([
  ["cluster", { cluster: "none" }, `there is no cluster "none"`],
  ["service", { service: "none" }, `has no service "none"`],
  ["load balancer", { listener: "none:80" }, `there is no load balancer "none"`],
  ["port", { listener: "shop:81" }, "it listens on 80"],
  ["target group", { targetGroups: ["web-blue", "none"] }, `there is no target group "none"`],
])("names a %s that is not there", async (_, where, text) => {
  const cloud = await ecsCloud();
  const found = await problems(cloud, { target: target(where) });
  expect(found).toHaveLength(1);
  expect(said(found)).toContain(text);
});

it("wants the deployment controller that fits the mode", async () => {
  const cloud = await ecsCloud("ECS");
  expect(said(await problems(cloud))).toContain("taskSets needs EXTERNAL");
});

it("wants tasks to be wanted", async () => {
  const cloud = await ecsCloud();
  await cloud.ecs.updateService({ ...SERVICE, desiredCount: 0 });
  await cloud.advance(60_000);
  expect(said(await problems(cloud))).toContain("its desired count is 0");
});

it("refuses a listener that does not forward", async () => {
  const cloud = await ecsCloud();
  const FixedResponseConfig = { StatusCode: "404" };
  await cloud.listen({ Type: "fixed-response", FixedResponseConfig });
  expect(said(await problems(cloud))).toContain("its actions are fixed-response");
});

it("refuses weights that are all 0, shared, or another's", async () => {
  const cloud = await ecsCloud();
  await cloud.listen(forward([cloud.blue, 0], [cloud.green, 0]));
  expect(said(await problems(cloud))).toContain("all weights are 0");
  await cloud.listen(forward([cloud.blue, 50], [cloud.green, 50]));
  expect(said(await problems(cloud))).toContain("both have a weight");
  await cloud.listen(forward([cloud.blue, 50], [await cloud.group("third"), 50]));
  expect(said(await problems(cloud))).toContain("third with weight 50");
});

it("sees that a sixth target group would not fit", async () => {
  const cloud = await ecsCloud();
  const others = ["a", "b", "c", "d"].map(async (name) => [await cloud.group(name), 0] as const);
  await cloud.listen(forward([cloud.blue, 1], ...(await Promise.all(others))));
  expect(said(await problems(cloud))).toContain("they would be 6, and 5 is the most");
});

it("refuses a target group of another type", async () => {
  const cloud = await ecsCloud();
  const { TargetGroups = [] } = await cloud.elb.createTargetGroup({
    Name: "of-instances",
    VpcId: cloud.vpcId,
    Protocol: "HTTP",
    Port: 80,
  });
  expect(TargetGroups).toHaveLength(1);
  const where = target({ targetGroups: ["web-blue", "of-instances"] });
  expect(said(await problems(cloud, { target: where }))).toContain("its target type is instance");
});

it("refuses a target group of another VPC than the load balancer's", async () => {
  const cloud = await ecsCloud();
  const other = await cloud.group("elsewhere", await cloud.anotherVpc());
  const where = target({ targetGroups: ["web-blue", other.name] });
  expect(said(await problems(cloud, { target: where }))).toMatch(
    new RegExp(`elsewhere fits: it is in vpc-[0-9a-f]+, and the load balancer in ${cloud.vpcId}`),
  );
});

it("refuses target groups that another service uses", async () => {
  const cloud = await ecsCloud();
  await cloud.ecs.createService({
    cluster: SERVICE.cluster,
    serviceName: "other",
    desiredCount: 1,
    taskDefinition: "web:1",
    launchType: "FARGATE",
    networkConfiguration: { awsvpcConfiguration: { subnets: [...cloud.subnets] } },
    loadBalancers: [{ targetGroupArn: cloud.green.arn, containerName: "app", containerPort: 8080 }],
  });
  expect(said(await problems(cloud))).toContain(
    "service other registers its tasks in web-green too",
  );
});

it("warns of stickiness, which weights do not move", async () => {
  const cloud = await ecsCloud();
  const action = forward([cloud.blue, 1], [cloud.green, 0]);
  const TargetGroupStickinessConfig = { Enabled: true, DurationSeconds: 3600 };
  await cloud.listen({
    ...action,
    ForwardConfig: { ...action.ForwardConfig, TargetGroupStickinessConfig },
  });
  const findings = await driverOf(cloud).preflight();
  const warned = findings.filter(({ outcome }) => outcome === "warning");
  expect(warned.map(({ check }) => check)).toEqual(["clients follow the weights"]);
});

it("tells of the revision: unknown, unchanged, of another container", async () => {
  const cloud = await ecsCloud();
  const revision = { kind: "taskDefinition", taskDefinition: "web:9" } as const;
  expect(said(await problems(cloud, { revision }))).toContain("there is no task definition web:9");
  const same = { kind: "image", image: "web:one" } as const;
  expect(await problems(cloud, { revision: same })).toMatchObject([
    { detail: expect.stringContaining("web:1 already runs it"), isUnchanged: true },
  ]);
  const where = target({ container: "nginx" });
  expect(said(await problems(cloud, { target: where }))).toContain(`no container "nginx"`);
});

it("looks for a place for testers", async () => {
  const cloud = await ecsCloud();
  const testers = { header: "x-tester", value: "yes" };
  const finding = async () =>
    (await driverOf(cloud, { target: target({ testers }) }).preflight()).at(-1);
  expect(await finding()).toMatchObject({ outcome: "ok", detail: "a rule with priority 50000" });
  await cloud.elb.createRule({
    ListenerArn: cloud.listenerArn,
    Priority: 50_000,
    Conditions: [{ Field: "path-pattern", Values: ["/other"] }],
    Actions: [forward([cloud.blue, 1])],
  });
  expect(await finding()).toMatchObject({ outcome: "problem" });
});
