// Protects that every command does for a VPC Lattice service what it does for a Lambda alias: the real command line,
// a real function behind a real service, real users.
import { afterAll, beforeAll, expect, it } from "vitest";
import { trafficSince } from "../../src/demo/traffic.ts";
import { killedAfterEach } from "../support/command-line.ts";
import { type LatticeShop, openLatticeShop, type Weights } from "../support/lattice-shop.ts";
import { ERROR_CHECK, nextRelease } from "../support/test-shop.ts";

let shop: LatticeShop;
beforeAll(async () => {
  shop = await openLatticeShop();
});
const running = killedAfterEach();
afterAll(() => shop.close());

const WAITING = { canary: { steps: [{ setWeight: "30%" }, { pause: "50s" }] } };

function idOf([group, ...more]: Weights): string {
  expect(more).toEqual([]);
  expect(group?.weight).toBe(100);
  return group?.id ?? "";
}

async function versionNow(headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const answer: unknown = await (await fetch(shop.url, { headers })).json();
  return typeof answer === "object" && answer !== null && "version" in answer && answer.version;
}

it("plans and releases a good version without a failure, then rolls it back and forth", async () => {
  const before = idOf(await shop.weights());
  const users = shop.traffic.counts();
  const code = nextRelease();
  shop.write(code);
  const plan = await shop.run("plan");
  expect(plan).toMatchObject({ exitCode: 0, stderr: "" });
  expect(plan.stdout).toContain("lattice listener http of service shop (us-east-1)");
  const { exitCode, stdout, stderr } = await shop.run("deploy");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const after = idOf(await shop.weights());
  expect(after).not.toBe(before);
  expect(stdout).toContain(`version ${before} 100% -> version ${after} 100%`);
  expect(await versionNow()).toBe(code.version);
  expect(trafficSince(users, shop.traffic.counts()).failed).toBe(0);

  const status = await shop.run("status");
  expect(status).toMatchObject({ exitCode: 0, stderr: "" });
  expect(status.stdout).toContain(after);
  expect(await shop.run("rollback")).toMatchObject({ exitCode: 0, stderr: "" });
  expect(idOf(await shop.weights())).toBe(before);
  expect(await shop.run("rollback", "--to", after)).toMatchObject({ exitCode: 0, stderr: "" });
  expect(idOf(await shop.weights())).toBe(after);
  const wrong = await shop.run("rollback", "--to", "7");
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stderr).toContain("the id of a target group");
});

it("takes a bad version out by the comparison, says why, records it, and leaves no group behind", async () => {
  const before = await shop.weights();
  const groups = await shop.groups();
  shop.write(nextRelease(0.5), { strategy: WAITING, analysis: {} });
  const { exitCode, stderr } = await shop.run("deploy");
  expect({ exitCode, stderr }).toEqual({ exitCode: 10, stderr: "" });
  expect(await shop.weights()).toEqual(before);
  expect(await shop.groups()).toEqual(groups);
  const why = await shop.run("why");
  expect(why.stdout).toMatch(/The canary fails where stable does not/);
  const record = await shop.run("record");
  expect(record).toMatchObject({ exitCode: 0, stderr: "" });
  expect(record.stdout).toContain('"canary"');
});

it("takes a bad version out by a check of its own error rate", async () => {
  const before = await shop.weights();
  shop.write(nextRelease(0.5), { strategy: WAITING, checks: [ERROR_CHECK] });
  const { exitCode, stdout } = await shop.run("deploy");
  expect(exitCode).toBe(10);
  expect(stdout).toMatch(/errors in \d+ requests/);
  expect(await shop.weights()).toEqual(before);
});

it("gives testers the new version before anybody else, until a person aborts", async () => {
  const before = await shop.weights();
  const code = nextRelease();
  const testers = { header: "x-tester", value: "yes" };
  shop.write(code, {
    target: { lattice: { service: "shop", listener: "http", testers } },
    strategy: WAITING,
  });
  const deploy = shop.start("deploy");
  running.push(deploy);
  await deploy.line(/30% on the canary, read back/);
  expect(await shop.weights()).toMatchObject([{ weight: 70 }, { weight: 30 }]);
  for (let call = 0; call < 10; call++) {
    expect(await versionNow({ "x-tester": "yes" })).toBe(code.version);
  }
  const abort = await shop.run("abort", "--reason", "support sees errors");
  expect(abort).toMatchObject({ exitCode: 0, stderr: "" });
  expect((await deploy.finished).exitCode).toBe(11);
  expect(await shop.weights()).toEqual(before);
  expect(await shop.rules()).toBe(0);
  expect(await versionNow({ "x-tester": "yes" })).not.toBe(code.version);
});

it("promotes at once when a person says so", async () => {
  const before = idOf(await shop.weights());
  shop.write(nextRelease(), { strategy: WAITING });
  const deploy = shop.start("deploy");
  running.push(deploy);
  await deploy.line(/30% on the canary, read back/);
  const promote = await shop.run("promote", "--full");
  expect(promote).toMatchObject({ exitCode: 0, stderr: "" });
  expect((await deploy.finished).exitCode).toBe(0);
  expect(idOf(await shop.weights())).not.toBe(before);
});

it("refuses what cannot be found before anything is changed", async () => {
  const before = await shop.weights();
  shop.write(nextRelease(), { target: { lattice: { service: "shop", listener: "https" } } });
  const { exitCode, stderr } = await shop.run("deploy");
  expect(exitCode).toBe(20);
  expect(stderr).toContain("https");
  expect(stderr).toContain("There are http.");
  expect(await shop.weights()).toEqual(before);
});
