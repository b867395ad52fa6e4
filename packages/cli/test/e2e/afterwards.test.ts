// Protects what people do after a release: look at it, ask why, take it back, try it again. What `--json` says and what
// the text says must be the same.
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { demoSource } from "../../src/demo/app.ts";
import { killedAfterEach, temporaryFolder } from "../support/command-line.ts";
import {
  ERROR_CHECK,
  LONG_STEPS,
  nextRelease,
  openTestShop,
  type TestShop,
} from "../support/test-shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
});
afterEach(() => shop.settle());
const running = killedAfterEach();
afterAll(() => shop.close());

const AT_ONCE = { strategy: { allAtOnce: {} } };

describe("rollback", () => {
  it("goes back to the version that served before, and back again", async () => {
    const before = await shop.route();
    const release = shop.release(nextRelease(), AT_ONCE);
    expect(await release.run("deploy")).toMatchObject({ exitCode: 0, stderr: "" });
    const released = await shop.route();
    const { exitCode, stdout, stderr } = await release.run("rollback", "--reason", "since noon");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain(`version ${released.stable} 100% -> version ${before.stable} 100%`);
    expect(await shop.route()).toEqual(before);
    const again = await release.run("rollback", "--to", released.stable);
    expect(again).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await shop.route()).toEqual(released);
  });

  it("to a version that does not exist changes nothing", async () => {
    const release = shop.release(nextRelease(), AT_ONCE);
    await release.run("deploy");
    const before = await shop.route();
    const { exitCode, stdout, stderr } = await release.run("rollback", "--to", "999");
    expect(exitCode).toBe(20);
    expect(stdout + stderr).toContain("999");
    expect(await shop.route()).toEqual(before);
  });

  it.each(["latest", "$LATEST", "0", ""])("to %j is wrong usage", async (version) => {
    const { exitCode, stderr } = await shop.release(nextRelease()).run("rollback", "--to", version);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("--to");
  });

  it("with nothing to undo says so", async () => {
    const { exitCode, stderr } = await shop.release(nextRelease()).run("rollback");
    expect(exitCode).toBe(20);
    expect(stderr).toContain("no rollout here was promoted");
  });
});

describe("a release that was taken out", () => {
  it("is explained by why and history, and retried when its cause is gone", async () => {
    const cause = temporaryFolder();
    onTestFinished(() => cause.remove());
    const release = shop.release(failingWhile(cause.path), {
      strategy: { canary: { steps: [{ setWeight: "40%" }, { pause: "30s" }] } },
      checks: [ERROR_CHECK],
    });
    const deploy = await release.run("deploy");
    expect(deploy.exitCode).toBe(10);
    expect(deploy.stdout).toContain("headgate why shop-");
    const why = await release.run("why");
    expect(why).toMatchObject({ exitCode: 0, stderr: "" });
    expect(why.stdout).toContain("rolled back");
    expect(why.stdout).toMatch(/errors in \d+ requests/);
    const data = await release.json("why");
    expect(data).toMatchObject({ outcome: "rolledBack" });
    const [first] = (data as { decisions: { note: { text: string } }[] }).decisions;
    expect(why.stdout).toContain(first?.note.text);

    const history = await release.run("history");
    const list = (await release.json("history")) as { rollouts: { rollout: string }[] };
    expect(list.rollouts).toMatchObject([{ outcome: "rolledBack" }]);
    expect(history.stdout).toContain(list.rollouts[0]?.rollout);
    const events = (await release.json("history", "shop")) as {
      entries: { notes: { text: string }[] }[];
    };
    const text = (await release.run("history", "shop")).stdout;
    for (const { notes } of events.entries)
      for (const note of notes) expect(text).toContain(note.text);

    const before = await shop.route();
    cause.remove();
    const retry = release.start("retry", "--reason", "once more");
    running.push(retry);
    await retry.line(/40% on the canary, read back/);
    const abort = await release.run("abort");
    expect(abort).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await retry.finished).toMatchObject({ exitCode: 11 });
    expect(await shop.route()).toEqual(before);
  });
});

/** Code that fails half of its requests for as long as a folder is there. */
function failingWhile(folder: string): string {
  return demoSource(nextRelease(0.5))
    .replace("import json", "import json\nimport os")
    .replace("if random", `if os.path.exists(${JSON.stringify(folder)}) and random`);
}

describe("status", () => {
  it("--watch stays to the end and exits as deploy does", async () => {
    const release = shop.release(nextRelease(), { strategy: { canary: { steps: LONG_STEPS } } });
    const deploy = release.start("deploy");
    running.push(deploy);
    await deploy.line(/30% on the canary, read back/);
    const watch = release.start("status", "--watch");
    running.push(watch);
    await watch.line(/30% on the new version/);
    await release.run("abort");
    expect((await deploy.finished).exitCode).toBe(11);
    const { exitCode, stdout } = await watch.finished;
    expect(exitCode).toBe(11);
    expect(stdout).toMatch(/abort/);
  });

  it("--watch --timeout leaves the rollout alone", async () => {
    const release = shop.release(nextRelease(), { strategy: { canary: { steps: LONG_STEPS } } });
    const deploy = release.start("deploy");
    running.push(deploy);
    await deploy.line(/30% on the canary, read back/);
    const watch = await release.run("status", "--watch", "--timeout", "500ms");
    expect(watch.exitCode).toBe(13);
    expect(await shop.route()).toMatchObject({ percent: 30 });
    await release.run("abort");
  });

  it("says the same in words and as data", async () => {
    const release = shop.release(nextRelease(), AT_ONCE);
    await release.run("deploy");
    const { stdout } = await release.run("status");
    const view = await release.json("status");
    expect(view).toMatchObject({ phase: "healthy", outcome: "promoted", runBy: null });
    for (const shown of [view["rollout"], view["outcome"], view["route"], view["target"]]) {
      expect(stdout).toContain(shown);
    }
    expect(await release.run("status", "--json", "--region", "us-east-1")).toMatchObject({
      exitCode: 0,
    });
  });
});

it("plan shows before, after, steps and findings, and changes nothing", async () => {
  const before = await shop.route();
  const release = shop.release(nextRelease(), { checks: [ERROR_CHECK] });
  const { exitCode, stdout, stderr } = await release.run("plan");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const view = (await release.json("plan")) as {
    before: string;
    steps: { text: string }[];
    findings: { detail: string }[];
  };
  expect(stdout).toContain(view.before);
  for (const { text } of view.steps) expect(stdout).toContain(text);
  for (const { detail } of view.findings) expect(stdout).toContain(detail);
  expect(await shop.route()).toEqual(before);
});
