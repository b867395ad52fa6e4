// Protects the first minutes of somebody whose set-up is not right yet: every wrong thing is named at once, with its
// exit code and what to do, and nothing waits for a machine that is not there.
import { writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { headgate } from "../support/command-line.ts";
import { nextRelease, openTestShop, type TestShop } from "../support/test-shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
});
afterAll(() => shop.close());

/** An address at which nobody listens: a port that was free a moment ago. */
async function nobody(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

const KEYS = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" };

describe.each(["plan", "deploy"])("%s", (command) => {
  it.each([
    ["function", { function: "no-such", alias: "live" }, "no-such"],
    ["alias", { function: "shop", alias: "no-such" }, "no-such"],
  ])("names a missing %s", async (_what, lambda, said) => {
    const release = shop.release(nextRelease(), { target: { lambda } });
    const { exitCode, stdout, stderr } = await release.run(command);
    expect(exitCode).toBe(20);
    expect(stdout + stderr).toContain(said);
    expect(stdout + stderr).toContain("do:");
  });

  it("names a missing alarm and a missing folder together", async () => {
    const release = shop.release(nextRelease(), {
      alarms: ["no-such-alarm"],
      revision: { folder: "no-such-folder" },
    });
    const { exitCode, stdout, stderr } = await release.run(command);
    expect(exitCode).toBe(20);
    expect(stdout + stderr).toContain("no-such-alarm");
    expect(stdout + stderr).toContain("no-such-folder");
  });

  it("says where a wrong spec is wrong", async () => {
    const release = shop.release(nextRelease());
    writeFileSync(join(release.path, "headgate.yaml"), "name: shop\nstrategy:\n  canary: 5\n");
    const { exitCode, stderr } = await release.run(command);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("headgate.yaml:3:");
  });

  it("says that there is no spec", async () => {
    const release = shop.release(nextRelease());
    const { exitCode, stderr } = await release.run(command, "other.yaml");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("other.yaml: there is no such file");
  });
});

describe("the way to AWS", () => {
  it("without credentials is said to be missing at once", async () => {
    const release = shop.release(nextRelease());
    const startMs = performance.now();
    const { exitCode, stdout, stderr } = await headgate(["plan", "--region", "eu-west-1"], {
      cwd: release.path,
    });
    expect(performance.now() - startMs).toBeLessThan(4000);
    expect(exitCode).toBe(20);
    expect(stdout + stderr).toMatch(/credentials/i);
    expect(stdout + stderr).toContain("do:");
  });

  it("without a region is said to be missing", async () => {
    const release = shop.release(nextRelease());
    const { exitCode, stdout, stderr } = await headgate(["plan"], { cwd: release.path, env: KEYS });
    expect(exitCode).toBe(20);
    expect(stdout + stderr).toContain("region");
  });

  it.each(["AWS_REGION", "AWS_DEFAULT_REGION"])("takes the region from %s", async (name) => {
    const release = shop.release(nextRelease());
    const { exitCode, stdout } = await headgate(["plan"], {
      cwd: release.path,
      env: { ...KEYS, AWS_ENDPOINT_URL: shop.cloud.url, [name]: "eu-west-1" },
    });
    // There is no shop in that region.
    expect(exitCode).toBe(20);
    expect(stdout).toContain("eu-west-1");
  });

  it("to where nobody listens is said within seconds", async () => {
    const release = shop.release(nextRelease());
    const address = await nobody();
    const startMs = performance.now();
    const { exitCode, stderr } = await headgate(["deploy", "--endpoint-url", address], {
      cwd: release.path,
      env: { ...KEYS, AWS_REGION: "us-east-1" },
    });
    expect(performance.now() - startMs).toBeLessThan(10_000);
    expect(exitCode).toBe(20);
    expect(stderr).toContain(`nothing answers at ${address}`);
  });

  it.each(["nonsense", "ftp://127.0.0.1", "127.0.0.1:4566"])(
    "that is no address, %s, is wrong usage",
    async (url) => {
      const release = shop.release(nextRelease());
      const { exitCode, stderr } = await headgate(["plan", "--endpoint-url", url], {
        cwd: release.path,
      });
      expect(exitCode).toBe(2);
      expect(stderr).toContain(url);
    },
  );
});

describe("a journal", () => {
  it.each(["status", "why", "abort", "pause", "resume", "promote", "retry"])(
    "that is not there: %s says so",
    async (command) => {
      const { exitCode, stderr } = await shop.release(nextRelease()).run(command);
      expect(exitCode).toBe(20);
      expect(stderr).toContain("there is no rollout yet");
    },
  );

  it("that is no journal is named", async () => {
    const release = shop.release(nextRelease());
    writeFileSync(join(release.path, ".headgate"), "a file, not a folder");
    const { exitCode, stderr } = await release.run("deploy");
    expect(exitCode).toBe(20);
    expect(stderr).toContain(".headgate");
    expect(stderr).not.toContain("internal error");
  });
});

it("an error is data with --json", async () => {
  const release = shop.release(nextRelease(), {
    target: { lambda: { function: "no-such", alias: "live" } },
  });
  const { exitCode, stdout } = await release.run("deploy", "--json");
  expect(exitCode).toBe(20);
  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: expect.any(String), message: expect.stringContaining("no-such") },
  });
});
