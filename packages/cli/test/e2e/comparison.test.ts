// Protects what Headgate is for, with real requests and nothing but its own comparison: no alarm and no check decides
// here. A bad release is taken out, a good one is promoted on proof, and where nothing can be proved a person is asked.
import { afterAll, beforeAll, expect, it } from "vitest";
import { nextRelease, openTestShop, type TestShop } from "../support/test-shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
});
afterAll(() => shop.close());

const STRATEGY = { canary: { steps: [{ setWeight: "30%" }, { pause: "1s" }] } };
/** Latency is left out: a busy machine slows single requests, and which ones is chance. */
const ANALYSIS = { latency: "ignore", minTime: "2s", margin: { rate: "10%" } };

it("takes a bad release out by what its own requests say, and why shows it", async () => {
  const before = await shop.route();
  const release = shop.release(nextRelease(0.6), { strategy: STRATEGY, analysis: ANALYSIS });
  const deploy = await release.run("deploy");
  expect(deploy).toMatchObject({ exitCode: 10, stderr: "" });
  expect(await shop.route()).toEqual(before);
  const why = await release.run("why");
  expect(why.stdout).toMatch(
    /The canary fails .*: \d+ errors in \d+ requests, against \d+ in \d+ on stable/,
  );
  expect(why.stdout).toContain("worse?");
  expect(await release.json("why")).toMatchObject({
    outcome: "rolledBack",
    comparison: { verdict: "fail" },
  });
}, 60_000);

it("promotes a good release when it is proved no worse, and says with what", async () => {
  const before = await shop.route();
  const release = shop.release(nextRelease(), { strategy: STRATEGY, analysis: ANALYSIS });
  const deploy = await release.run("deploy");
  expect(deploy).toMatchObject({ exitCode: 0, stderr: "" });
  expect((await shop.route()).stable).not.toBe(before.stable);
  const why = await release.run("why");
  expect(why.stdout).toMatch(/proved no worse: The canary is not worse than the margin allows/);
  expect(await release.json("status")).toMatchObject({
    outcome: "promoted",
    comparison: { verdict: "pass", waivedBy: null },
  });
}, 90_000);

it("holds what cannot be proved with so few requests, and a person promotes it", async () => {
  const before = await shop.route();
  const analysis = { ...ANALYSIS, margin: { rate: "0.01%" }, maxWait: "8s" };
  const release = shop.release(nextRelease(), { strategy: STRATEGY, analysis });
  const held = await release.run("deploy", "--exit-when-held");
  expect(held.exitCode).toBe(12);
  expect(held.stdout).toMatch(/not proved within 8s at 30%: \d+ requests of the canary/);
  expect(held.stdout).toMatch(/wait again +headgate resume shop-/);
  expect(held.stdout).toMatch(/promote +headgate promote shop-/);
  expect(await shop.route()).toMatchObject({ stable: before.stable, percent: 30 });
  const promote = await release.run("promote", "--reason", "the margin was too strict");
  expect(promote).toMatchObject({ exitCode: 0, stderr: "" });
  expect((await shop.route()).stable).not.toBe(before.stable);
  const why = await release.run("why");
  expect(why.stdout).toContain("going on without proof, by ");
}, 60_000);
