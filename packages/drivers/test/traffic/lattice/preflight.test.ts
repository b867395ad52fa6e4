// Protects that what would stop or spoil a release of a VPC Lattice service is said before anything is changed: one cause,
// one finding, with what to do.
import { expect, it } from "vitest";
import type { LatticeOptions } from "../../../src/traffic/lattice/index.ts";
import { ALIAS, FUNCTION_NAME, publish } from "../../support/lambda-cloud.ts";
import {
  answering,
  driverOf,
  forward,
  functionArn,
  latticeCloud,
  type LatticeCloud,
} from "../../support/lattice-cloud.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

async function badOf(cloud: LatticeCloud, options: Partial<LatticeOptions> = {}) {
  const findings = await (await driverOf(cloud, options)).preflight();
  return findings.filter(({ outcome }) => outcome !== "ok");
}

async function takePermissions(cloud: LatticeCloud): Promise<void> {
  const of = { FunctionName: FUNCTION_NAME, Qualifier: "1" };
  const { Policy = "" } = await cloud.lambda.getPolicy(of);
  const { Statement } = JSON.parse(Policy) as { Statement: { Sid: string }[] };
  for (const { Sid: StatementId } of Statement) {
    await cloud.lambda.removePermission({ ...of, StatementId });
  }
}

it("finds nothing wrong with a service, a published version and with new code", async () => {
  const cloud = await latticeCloud();
  const folder = await temporaryFolder({ "app.py": answering("three") });
  expect(await badOf(cloud)).toEqual([]);
  expect(await badOf(cloud, { revision: { kind: "folder", path: folder } })).toEqual([]);
});

it("stops at what it cannot find", async () => {
  const cloud = await latticeCloud();
  expect(await badOf(cloud, { target: { service: "shop", listener: "http" } })).toMatchObject([
    { check: "shop, http can be found", outcome: "problem", hint: "There are orders." },
  ]);
});

it("warns of a service that nobody can call", async () => {
  const cloud = await latticeCloud();
  const { items = [] } = await cloud.lattice.listServiceNetworkServiceAssociations({
    serviceIdentifier: cloud.serviceId,
  });
  await cloud.lattice.deleteServiceNetworkServiceAssociation({
    serviceNetworkServiceAssociationIdentifier: items[0]?.id,
  });
  await cloud.advance(5000);
  await cloud.lattice.updateService({ serviceIdentifier: cloud.serviceId, authType: "AWS_IAM" });
  expect(await badOf(cloud)).toMatchObject([
    { check: "service is active", outcome: "warning" },
    { check: "service can be reached", outcome: "warning" },
  ]);
});

it("names the groups that share the traffic already", async () => {
  const cloud = await latticeCloud();
  const other = await cloud.group("other", functionArn("1"));
  await cloud.listen(forward([cloud.stable, 90], [other, 10]));
  const [problem, ...more] = await badOf(cloud);
  expect(more).toEqual([]);
  expect(problem).toMatchObject({ check: "one target group serves", outcome: "problem" });
  expect(problem?.detail).toContain(`${other} with weight 10`);
});

it("names the missing permission, and the command that gives it", async () => {
  const cloud = await latticeCloud();
  await takePermissions(cloud);
  const [problem, ...more] = await badOf(cloud);
  expect(more).toEqual([]);
  expect(problem?.hint).toContain("aws lambda add-permission");
  expect(problem?.hint).toContain(`targetgroup/${cloud.stable}`);
});

it("sees that the handler is not in the package, and that the code is what serves", async () => {
  const cloud = await latticeCloud();
  const wrong = await temporaryFolder({ "app_v2.py": answering("two") });
  const [problem] = await badOf(cloud, { revision: { kind: "folder", path: wrong } });
  expect(problem?.detail).toContain('the handler is "app.handler"');
  const [same] = await badOf(cloud, { revision: { kind: "version", version: "1" } });
  expect(same).toMatchObject({ detail: "version 1 already runs it", isUnchanged: true });
});

it("looks at an existing group as it will be used", async () => {
  const cloud = await latticeCloud();
  const empty = await cloud.group("empty");
  const [problem] = await badOf(cloud, { revision: { kind: "targetGroup", targetGroup: empty } });
  expect(problem).toMatchObject({ outcome: "problem", detail: "it has no targets" });
  const version = await publish(cloud, { "app.py": answering("two") });
  const { id = "" } = await cloud.lattice.createTargetGroup({
    name: "events-of-v2",
    type: "LAMBDA",
    config: { lambdaEventStructureVersion: "V2" },
  });
  await cloud.advance(2000);
  const targets = [{ id: functionArn(version) }];
  await cloud.lattice.registerTargets({ targetGroupIdentifier: id, targets });
  const [warning] = await badOf(cloud, { revision: { kind: "targetGroup", targetGroup: id } });
  expect(warning).toMatchObject({ outcome: "warning" });
  expect(warning?.detail).toContain("structure V1");
});

it("says that another service uses the group", async () => {
  const cloud = await latticeCloud();
  const group = await cloud.group("shared", functionArn("1"));
  const { id: serviceIdentifier = "" } = await cloud.lattice.createService({ name: "other" });
  await cloud.advance(2000);
  await cloud.lattice.createListener({
    serviceIdentifier,
    name: "http",
    protocol: "HTTP",
    defaultAction: forward(group),
  });
  const [problem] = await badOf(cloud, { revision: { kind: "targetGroup", targetGroup: group } });
  expect(problem?.detail).toContain(`used by another service: arn:aws:vpc-lattice`);
});

it("takes a permission for everybody for one", async () => {
  const cloud = await latticeCloud();
  await takePermissions(cloud);
  await cloud.lambda.addPermission({
    FunctionName: FUNCTION_NAME,
    Qualifier: "1",
    StatementId: "everybody",
    Action: "lambda:InvokeFunction",
    Principal: "*",
  });
  expect(await badOf(cloud)).toEqual([]);
});

it("asks stable too when it is told to, and says that it cannot start", async () => {
  const cloud = await latticeCloud({ "app.py": "import no_such_module\n" });
  const probe = { kind: "invoke", payload: "{}", stableToo: true } as const;
  const [problem, ...more] = await badOf(cloud, { probe });
  expect(more).toEqual([]);
  expect(problem).toMatchObject({ check: "stable version 1 answers", outcome: "problem" });
  expect(problem?.detail).toContain("no_such_module");
});

it("warns of an alias as stable's target, and releases beside it all the same", async () => {
  const cloud = await latticeCloud();
  await cloud.listen(forward(await cloud.group("by-alias", functionArn(ALIAS))));
  const driver = await driverOf(cloud);
  const bad = (await driver.preflight()).filter(({ outcome }) => outcome !== "ok");
  expect(bad).toMatchObject([{ outcome: "warning" }]);
  expect(bad[0]?.detail).toContain("checkout:live");
  await driver.promote(await driver.prepare());
  expect(await cloud.get()).toBe("two");
});
