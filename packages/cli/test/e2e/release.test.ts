// Protects releases of several targets as people run them: one command, one exit code that is honest when any part
// fails, everything back when something does, and nothing changed by what is wrong. Real functions, real command line.
import { Lambda } from "@aws-sdk/client-lambda";
import { zipFolder } from "@headgate/drivers";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inTerminal } from "../support/terminal.ts";
import {
  nextRelease,
  openTestShop,
  type ReleaseFolder,
  type TestShop,
} from "../support/test-shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
  await makeStock(shop);
});
afterAll(() => shop.close());

const STOCK = "stock";

/** A second function beside the shop's, with an alias of its own. */
async function makeStock({ lambda, functionName, release }: TestShop): Promise<void> {
  const { Configuration = {} } = await lambda.getFunction({ FunctionName: functionName });
  const { path } = release(nextRelease());
  await lambda.createFunction({
    FunctionName: STOCK,
    Runtime: Configuration.Runtime,
    Handler: Configuration.Handler,
    Role: Configuration.Role,
    Code: { ZipFile: await zipFolder(join(path, "code")) },
  });
  await activated(lambda);
  const { Version } = await lambda.publishVersion({ FunctionName: STOCK });
  await lambda.createAlias({ FunctionName: STOCK, Name: "live", FunctionVersion: Version });
}

async function activated(lambda: Lambda): Promise<void> {
  const { waitUntilFunctionActiveV2 } = await import("@aws-sdk/client-lambda");
  await waitUntilFunctionActiveV2(
    { client: lambda, maxWaitTime: 20, minDelay: 1, maxDelay: 1 },
    { FunctionName: STOCK },
  );
}

const STEPS = { canary: { steps: [{ setWeight: "30%" }, { pause: "300ms" }] } };

/** A folder that releases new code to both functions; `more` is added to each target. */
function release(more: {
  readonly shop?: Readonly<Record<string, unknown>>;
  readonly stock?: Readonly<Record<string, unknown>>;
  readonly needs?: Readonly<Record<string, readonly string[]>>;
}): ReleaseFolder {
  const folder = shop.release(nextRelease());
  const common = {
    revision: { folder: "code" },
    strategy: STEPS,
    analysis: "none",
    poll: { alarms: "300ms", route: "300ms", traffic: "500ms" },
    deadline: "1m",
  };
  const targets = {
    shop: {
      target: { lambda: { function: shop.functionName, alias: shop.alias } },
      ...common,
      ...more.shop,
    },
    stock: { target: { lambda: { function: STOCK, alias: "live" } }, ...common, ...more.stock },
  };
  const needs = more.needs ?? { shop: ["stock"] };
  const text = JSON.stringify({ name: "all", release: { targets, needs } }, null, 2);
  writeFileSync(join(folder.path, "headgate.yaml"), text);
  return folder;
}

async function versions() {
  const { FunctionVersion } = await shop.lambda.getAlias({ FunctionName: STOCK, Name: "live" });
  return { shop: (await shop.route()).stable, stock: FunctionVersion };
}

const hook = (when: string, command: readonly string[]) => ({
  hooks: [{ name: "check", when, command }],
});

describe("a release of two targets", () => {
  it("promotes both, what is needed first, with exit code 0", async () => {
    const before = await versions();
    const folder = release({});
    expect(await folder.run("lint")).toMatchObject({ exitCode: 0, stderr: "" });
    const plan = await folder.run("plan");
    expect(plan).toMatchObject({ exitCode: 0, stderr: "" });
    expect(plan.stdout).toMatch(/all-stock[^]*wait for the release \(traffic\)[^]*all-shop/);
    const { exitCode, stdout, stderr } = await folder.run("deploy");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const after = await versions();
    expect(after.shop).not.toBe(before.shop);
    expect(after.stock).not.toBe(before.stock);
    const order = [...stdout.matchAll(/^(shop|stock) .*promoted, read back/gm)].map(
      ([, name]) => name,
    );
    expect(order).toEqual(["stock", "shop"]);
    const status = await folder.run("status", "all");
    expect(status).toMatchObject({ exitCode: 0, stderr: "" });
    expect(status.stdout).toMatch(
      /release of 2 targets +promoted .*\n *stock +promoted .*\n *shop +promoted/,
    );
    const why = await folder.run("why", "all-shop");
    expect(why).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await folder.run("rollback", "all", "--to", "1")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("headgate rollback all-shop --to"),
    });
    const back = await folder.run("rollback", "all", "--reason", "regret");
    expect(back).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await versions()).toEqual(before);
    const wayBack = [...back.stdout.matchAll(/^(shop|stock) .*promoted, read back/gm)];
    expect(wayBack.map(([, name]) => name)).toEqual(["shop", "stock"]);
  });

  it("leaves out a target that runs its revision already, and says so", async () => {
    const before = await versions();
    const { run } = release({ stock: { revision: { version: before.stock } } });
    const plan = await run("plan");
    expect(plan).toMatchObject({ exitCode: 0, stderr: "" });
    expect(plan.stdout).toContain("all-stock is left out, for it has not changed");
    const { exitCode, stdout, stderr } = await run("deploy");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain(
      `stock is left out, for it has not changed: version ${before.stock} already runs it`,
    );
    const after = await versions();
    expect(after.stock).toBe(before.stock);
    expect(after.shop).not.toBe(before.shop);
    expect((await run("status", "all")).stdout).toMatch(/release of 1 target +promoted/);
  });

  it("takes both back when the last one fails, with exit code 10", async () => {
    const before = await versions();
    const folder = release({ shop: hook("afterTraffic", ["false"]) });
    const { exitCode, stdout, stderr } = await folder.run("deploy");
    expect({ exitCode, stderr }).toEqual({ exitCode: 10, stderr: "" });
    expect(await versions()).toEqual(before);
    expect(stdout).toMatch(/stock .*shop of the same release turned back: hook check failed/);
    const why = await folder.run("why", "all");
    expect(why.stdout).toMatch(/rolled back: shop failed[^]*\nshop\n[^]*hook check[^]*\nstock\n/);
    const history = await folder.run("history", "all");
    expect(history.stdout).toMatch(/stock .*promoted, read back[^]*shop .*turning back/);
    expect(await folder.run("rollback", "all-nosuch")).toMatchObject({ exitCode: 20 });
    expect(await folder.run("rollback", "all")).toMatchObject({
      exitCode: 20,
      stderr: expect.stringContaining("was promoted as a whole"),
    });
  });

  it("gives nobody traffic when one of them cannot begin, and says so to scripts", async () => {
    const before = await versions();
    const folder = release({ shop: hook("beforeTraffic", ["false"]) });
    const { exitCode, stdout, stderr } = await folder.run("deploy", "--json");
    expect({ exitCode, stderr }).toEqual({ exitCode: 10, stderr: "" });
    const view: unknown = JSON.parse(stdout);
    expect(view).toMatchObject({
      name: "all",
      outcome: "rolledBack",
      targets: [
        {
          target: "stock",
          result: {
            outcome: "rolledBack",
            message: expect.stringContaining("shop of the same release"),
          },
        },
        {
          target: "shop",
          result: { outcome: "rolledBack", message: expect.stringContaining("hook check failed") },
        },
      ],
    });
    expect(await versions()).toEqual(before);
  });

  it.each([
    ["a circle", { needs: { shop: ["stock"], stock: ["shop"] } }, 2, "a circle"],
    [
      "an alias that is not there",
      { stock: { target: { lambda: { function: STOCK, alias: "nosuch" } } } },
      20,
      "stock: the target exists",
    ],
  ])("%s changes nothing", async (_name, more, code, said) => {
    const before = await versions();
    const { exitCode, stdout, stderr } = await release(more).run("deploy");
    expect(exitCode).toBe(code);
    expect(stdout + stderr).toContain(said);
    expect(await versions()).toEqual(before);
  });
});

it("is taken back by a person who aborts one of its targets", async () => {
  const before = await versions();
  const slow = { strategy: { canary: { steps: [{ setWeight: "30%" }, { pause: "50s" }] } } };
  const folder = release({ shop: slow });
  const deploy = folder.start("deploy");
  await deploy.line(/^shop .*30% on the canary, read back/);
  expect(await folder.run("abort", "all-shop", "--reason", "lunch")).toMatchObject({ stderr: "" });
  expect((await deploy.finished).exitCode).toBe(11);
  expect(await versions()).toEqual(before);
});

it("is taken out in all targets by Ctrl-C, and its process ends with that", async () => {
  const before = await versions();
  const slow = { strategy: { canary: { steps: [{ setWeight: "30%" }, { pause: "50s" }] } } };
  const deploy = release({ shop: slow }).start("deploy");
  await deploy.line(/^shop .*30% on the canary, read back/);
  deploy.child.kill("SIGINT");
  expect((await deploy.finished).exitCode).toBe(11);
  expect(await versions()).toEqual(before);
});

describe("with a hook that cannot be undone", () => {
  const migration = {
    hooks: [{ name: "migrate", when: "beforeTraffic", reversible: false, command: ["true"] }],
  };
  const slow = { strategy: { canary: { steps: [{ setWeight: "30%" }, { pause: "50s" }] } } };

  it("is left frozen there when its process is told to end, and says whose word it needs", async () => {
    const before = await versions();
    const folder = release({ stock: migration, shop: slow });
    const deploy = folder.start("deploy");
    await deploy.line(/^shop .*30% on the canary, read back/);
    deploy.child.kill("SIGTERM");
    const { exitCode, stdout } = await deploy.finished;
    expect(exitCode).toBe(12);
    expect(stdout).toContain("all-stock stays as it is, because hook migrate cannot be undone");
    const after = await versions();
    expect(after.shop).toBe(before.shop);
    expect(after.stock).not.toBe(before.stock);
    const status = await folder.run("status", "all");
    expect(status.stdout).toContain("`headgate abort all-stock` turns back");
    expect(status.stdout).not.toContain("no process runs it");
    expect((await folder.run("why", "all")).stdout).toContain("stock waits for a person");
    expect((await folder.run("abort", "all-stock")).exitCode).toBe(11);
    expect(await versions()).toEqual(before);
    // The first to turn back is why, not what a person did later.
    expect((await folder.run("why", "all")).stdout).toContain(
      ": shop failed, and so all turn back",
    );
  });

  it("keeps its new version there when a person goes on after the others turned back", async () => {
    const before = await versions();
    const bad = { hooks: [{ name: "after", when: "afterTraffic", command: ["false"] }] };
    const folder = release({ stock: migration, shop: bad });
    expect((await folder.run("deploy", "--exit-when-held")).exitCode).toBe(12);
    const resumed = await folder.run("resume", "all-stock", "--reason", "old code can read it");
    expect(resumed).toMatchObject({ exitCode: 20, stderr: "" });
    expect(resumed.stdout).toContain("goes on without the rest of its release");
    const after = await versions();
    expect(after.shop).toBe(before.shop);
    expect(after.stock).not.toBe(before.stock);
  });
});

it("asks a person at a terminal first, with the plan of every target", async () => {
  const before = await versions();
  const { path } = release({});
  const { exitCode, written } = await inTerminal(["deploy", "--endpoint-url", shop.cloud.url], {
    cwd: path,
    columns: 100,
    env: {},
    typed: { question: "Deploy?", answer: "n" },
  });
  const text = written.map((one) => one.text).join("");
  expect(text).toContain("nothing was deployed");
  expect(text).toContain("in sequence: stock, shop after stock; all are promoted or none");
  expect(text).toMatch(/all-stock[^]*wait for the release[^]*all-shop[^]*wait for the release/);
  expect(exitCode).toBe(2);
  expect(await versions()).toEqual(before);
});

it("names what there is when a name is wrong", async () => {
  const folder = release({});
  expect((await folder.run("deploy")).exitCode).toBe(0);
  expect(await folder.run("status", "al")).toMatchObject({
    exitCode: 20,
    stderr: expect.stringContaining("In this journal are all, all-shop, all-stock"),
  });
});

it("is watched, refused what only one target can do, and taken back by its name", async () => {
  const before = await versions();
  const slow = { strategy: { canary: { steps: [{ setWeight: "30%" }, { pause: "50s" }] } } };
  const folder = release({ shop: slow });
  const deploy = folder.start("deploy");
  await deploy.line(/^shop .*30% on the canary, read back/);
  const watch = folder.start("status", "all", "--watch");
  await watch.line(/^stock .*waits for shop/);
  expect(await folder.run("pause", "all")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("headgate pause all-stock"),
  });
  expect(await folder.run("resume", "all")).toMatchObject({
    stderr: expect.stringContaining("there is nothing to resume"),
  });
  const abort = await folder.run("abort", "all", "--reason", "lunch");
  expect(abort).toMatchObject({ exitCode: 0, stderr: "" });
  expect((await deploy.finished).exitCode).toBe(11);
  expect((await watch.finished).exitCode).toBe(11);
  expect(await versions()).toEqual(before);
  expect(await folder.run("abort", "all")).toMatchObject({
    stderr: expect.stringContaining("there is nothing to abort"),
  });
});

it("killed in the middle goes on with all targets by its name, and not with another file's", async () => {
  const before = await versions();
  const slow = { strategy: { canary: { steps: [{ setWeight: "30%" }, { pause: "2s" }] } } };
  const folder = release({ shop: slow });
  const deploy = folder.start("deploy");
  await deploy.line(/^shop .*30% on the canary, read back/);
  deploy.child.kill("SIGKILL");
  await deploy.finished;
  expect((await folder.run("status", "all")).stdout).toContain("go on with `headgate resume all`");
  const file = join(folder.path, "headgate.yaml");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace('"1m"', '"2m"'));
  expect(await folder.run("deploy")).toMatchObject({
    stderr: expect.stringContaining("began with something else for"),
  });
  const resumed = await folder.run("resume", "all");
  expect(resumed).toMatchObject({ exitCode: 0, stderr: "" });
  const after = await versions();
  expect(after.shop).not.toBe(before.shop);
  expect(after.stock).not.toBe(before.stock);
});
