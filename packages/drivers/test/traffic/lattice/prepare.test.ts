// Protects what stands before the first weight: a target group of its own for each version, that may invoke it,
// and a refusal, with nothing changed, of everything that could never serve.
import { weightBps } from "@headgate/core";
import { expect, it } from "vitest";
import { MADE_FOR_TAG } from "../../../src/traffic/lattice/canary-group.ts";
import { expectError } from "../../support/expect-error.ts";
import { httpServer } from "../../support/http-server.ts";
import { FUNCTION_NAME, publish } from "../../support/lambda-cloud.ts";
import {
  answering,
  driverOf,
  forward,
  functionArn,
  latticeCloud,
} from "../../support/lattice-cloud.ts";

it("makes a group for a version, like stable's, which may invoke it", async () => {
  const cloud = await latticeCloud();
  const stable = await cloud.lattice.getTargetGroup({ targetGroupIdentifier: cloud.stable });
  await cloud.lattice.tagResource({ resourceArn: stable.arn, tags: { team: "orders" } });
  const driver = await driverOf(cloud);
  const { canary, published, token } = await driver.prepare();
  expect(published).toBe(false);
  const group = await cloud.lattice.getTargetGroup({ targetGroupIdentifier: canary });
  expect(group).toMatchObject({ type: "LAMBDA", status: "ACTIVE" });
  expect(group.config).toMatchObject({ lambdaEventStructureVersion: "V1" });
  expect(group.name).toMatch(/^headgate-checkout-2-[0-9a-f]{8}$/);
  const { tags = {} } = await cloud.lattice.listTagsForResource({ resourceArn: group.arn });
  expect(tags["team"]).toBe("orders");
  expect(tags[MADE_FOR_TAG]).toContain(`${cloud.serviceId}/listener/${cloud.listenerId}`);
  const { items } = await cloud.lattice.listTargets({ targetGroupIdentifier: canary });
  expect(items).toMatchObject([{ id: functionArn("2"), status: "UNUSED" }]);

  await driver.setWeight({ stable: cloud.stable, canary, weight: weightBps(10_000), token });
  expect(await cloud.get()).toBe("two");
});

it("knows its own group again when the answer to its creation was lost", async () => {
  const cloud = await latticeCloud();
  const driver = await driverOf(cloud);
  cloud.proxy.inject(
    ({ method, path }) => method === "POST" && path === "/targetgroups",
    "loseAnswer",
  );
  const { canary } = await driver.prepare();
  const { items = [] } = await cloud.lattice.listTargetGroups({});
  expect(new Set(items.map(({ id }) => id))).toEqual(new Set([cloud.stable, canary]));
});

it("adds the permission that somebody took away", async () => {
  const cloud = await latticeCloud();
  const driver = await driverOf(cloud);
  const { canary, token } = await driver.prepare();
  const of = { FunctionName: FUNCTION_NAME, Qualifier: "2" };
  const { Policy = "" } = await cloud.lambda.getPolicy(of);
  const [statement] = (JSON.parse(Policy) as { Statement: { Sid: string }[] }).Statement;
  await cloud.lambda.removePermission({ ...of, StatementId: statement?.Sid });
  await driver.prepare();
  await driver.setWeight({ stable: cloud.stable, canary, weight: weightBps(10_000), token });
  expect(await cloud.get()).toBe("two");
});

it("takes an existing group, by name, ARN and id", async () => {
  const cloud = await latticeCloud();
  const version = await publish(cloud, { "app.py": answering("two") });
  const id = await cloud.group("orders-two", functionArn(version));
  const { arn = "" } = await cloud.lattice.getTargetGroup({ targetGroupIdentifier: id });
  for (const targetGroup of ["orders-two", arn, id]) {
    const driver = await driverOf(cloud, { revision: { kind: "targetGroup", targetGroup } });
    expect(await driver.prepare()).toMatchObject({ stable: cloud.stable, canary: id });
  }
});

it("waits until an address is healthy, which only a group in use is found to be", async () => {
  const cloud = await latticeCloud();
  const { url } = await httpServer(() => ({ status: 200, body: "from an address" }));
  const id = await addressGroup(cloud, Number(new URL(url).port));
  const driver = await driverOf(cloud, { revision: { kind: "targetGroup", targetGroup: id } });
  const { canary, token } = await driver.prepare();
  expect(await driver.readRoute()).toEqual({ stable: cloud.stable, weight: 0, token });
  const { items } = await cloud.lattice.listTargets({ targetGroupIdentifier: id });
  expect(items?.[0]?.status).toBe("HEALTHY");
  await driver.restore({ stable: cloud.stable, canary, token });
  const { defaultAction } = await cloud.lattice.getListener(listenerOf(cloud));
  expect(defaultAction?.forward?.targetGroups).toHaveLength(1);
});

it("takes an address out again that does not become healthy", async () => {
  const cloud = await latticeCloud();
  const { url } = await httpServer(() => ({ status: 500, body: "" }));
  const id = await addressGroup(cloud, Number(new URL(url).port));
  const driver = await driverOf(cloud, { revision: { kind: "targetGroup", targetGroup: id } });
  const error = await expectError(driver.prepare(), "CANARY_UNUSABLE");
  expect(error.message).toContain("UNHEALTHY");
  const { defaultAction } = await cloud.lattice.getListener(listenerOf(cloud));
  expect(defaultAction).toEqual(forward(cloud.stable));
});

it("refuses a group without targets, and one that serves already", async () => {
  const cloud = await latticeCloud();
  const empty = await cloud.group("empty");
  const ofEmpty = await driverOf(cloud, { revision: { kind: "targetGroup", targetGroup: empty } });
  const error = await expectError(ofEmpty.prepare(), "CANARY_UNUSABLE");
  expect(error.message).toContain("has no targets");
  const stable = { kind: "targetGroup", targetGroup: "orders-one" } as const;
  const ofStable = await driverOf(cloud, { revision: stable });
  await expectError(ofStable.prepare(), "REVISION_UNCHANGED");
  const again = await driverOf(cloud, { revision: { kind: "version", version: "1" } });
  await expectError(again.prepare(), "REVISION_UNCHANGED");
});

it("refuses names and ARNs of nothing, and says what there is", async () => {
  const cloud = await latticeCloud();
  const revision = { kind: "version", version: "1" } as const;
  const at = (target: { service: string; listener: string; rule?: string }) =>
    driverOf(cloud, { revision, target });
  const noService = await at({ service: "nothing", listener: "http" });
  expect((await expectError(noService.prepare(), "TARGET_NOT_FOUND")).hint).toContain("orders");
  const noListener = await at({ service: "orders", listener: "https" });
  expect((await expectError(noListener.prepare(), "TARGET_NOT_FOUND")).hint).toContain("http");
  const noRule = await at({ service: "orders", listener: "http", rule: "none" });
  await expectError(noRule.prepare(), "TARGET_NOT_FOUND");
  const noId = await at({ service: `svc-${"0".repeat(17)}`, listener: "http" });
  await expectError(noId.prepare(), "TARGET_NOT_FOUND");
  const wrongArn = await at({ service: functionArn("1"), listener: "http" });
  const error = await expectError(wrongArn.prepare(), "TARGET_NOT_FOUND");
  expect(error.message).toContain("not the ARN of a VPC Lattice service");
  const noGroup = { kind: "targetGroup", targetGroup: `tg-${"0".repeat(17)}` } as const;
  const other = await driverOf(cloud, { revision: noGroup });
  await expectError(other.prepare(), "REVISION_NOT_FOUND");
  const noVersion = await driverOf(cloud, { revision: { kind: "version", version: "99" } });
  await expectError(noVersion.prepare(), "REVISION_NOT_FOUND");
});

it("refuses an action that names more than one group, or none", async () => {
  const cloud = await latticeCloud();
  const other = await cloud.group("other", functionArn("1"));
  const driver = await driverOf(cloud);
  await cloud.listen(forward([cloud.stable, 100], [other, 0]));
  const error = await expectError(driver.prepare(), "TARGET_UNSUITABLE");
  expect(error.message).toContain(`${other} with weight 0`);
  await cloud.listen({ fixedResponse: { statusCode: 404 } });
  await expectError(driver.prepare(), "TARGET_UNSUITABLE");
});

it("publishes no code where $LATEST itself serves", async () => {
  const cloud = await latticeCloud();
  const latest = functionArn("1").replace(/:1$/, "");
  await cloud.listen(forward(await cloud.group("latest", latest)));
  const revision = { kind: "folder", path: "anywhere" } as const;
  const driver = await driverOf(cloud, { revision });
  const error = await expectError(driver.prepare(), "TARGET_UNSUITABLE");
  expect(error.message).toContain("$LATEST");
});

it("does not touch a group of foreign targets under its own name", async () => {
  const cloud = await latticeCloud();
  const driver = await driverOf(cloud);
  const { canary } = await driver.prepare();
  const of = { targetGroupIdentifier: canary };
  await cloud.lattice.deregisterTargets({ ...of, targets: [{ id: functionArn("2") }] });
  await cloud.lattice.registerTargets({ ...of, targets: [{ id: functionArn("1") }] });
  const error = await expectError(driver.prepare(), "CANARY_UNUSABLE");
  expect(error.message).toContain(functionArn("1"));
});

type Cloud = Awaited<ReturnType<typeof latticeCloud>>;

function listenerOf({ serviceId, listenerId }: Cloud) {
  return { serviceIdentifier: serviceId, listenerIdentifier: listenerId };
}

async function addressGroup({ lattice, advance }: Cloud, port: number): Promise<string> {
  const { id = "" } = await lattice.createTargetGroup({
    name: "addresses",
    type: "IP",
    config: {
      port,
      protocol: "HTTP",
      vpcIdentifier: "vpc-0123456789abcdef0",
      healthCheck: { enabled: true },
    },
  });
  await advance(2000);
  await lattice.registerTargets({
    targetGroupIdentifier: id,
    targets: [{ id: "127.0.0.1", port }],
  });
  return id;
}
