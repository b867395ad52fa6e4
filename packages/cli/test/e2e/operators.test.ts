// Protects the people's side: what another process asks for while `deploy` runs is done at once, and the exit code
// tells a person's word from a machine's verdict.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  LONG_STEPS,
  nextRelease,
  openTestShop,
  type ReleaseFolder,
  type TestShop,
  until,
} from "../support/test-shop.ts";
import { killedAfterEach, type Running } from "../support/command-line.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
});
afterEach(() => shop.settle());
const running = killedAfterEach();
afterAll(() => shop.close());

function start(release: ReleaseFolder, ...argv: readonly string[]): Running {
  const deploy = release.start("deploy", ...argv);
  running.push(deploy);
  return deploy;
}

/** A deploy that waits in its first pause with 30 % on the new version. */
async function waiting() {
  const before = await shop.route();
  const release = shop.release(nextRelease(), { strategy: { canary: { steps: LONG_STEPS } } });
  const deploy = start(release);
  await deploy.line(/30% on the canary, read back/);
  return { before, release, deploy };
}

const APPROVAL = {
  strategy: {
    canary: {
      steps: [
        { setWeight: "30%" },
        { approval: { message: "Look at the charts.", deadline: "50s" } },
      ],
    },
  },
};

describe("while deploy runs", () => {
  it("abort sends all traffic back, and deploy exits with 11", async () => {
    const { before, release, deploy } = await waiting();
    const abort = await release.run("abort", "--reason", "support sees errors");
    expect(abort).toMatchObject({ exitCode: 0, stderr: "" });
    expect(abort.stdout).toContain("accepted");
    const { exitCode, stdout } = await deploy.finished;
    expect(exitCode).toBe(11);
    expect(stdout).toContain("support sees errors");
    expect(await shop.route()).toEqual(before);
  });

  it("pause holds it where it is and resume lets it go on", async () => {
    const { before, release, deploy } = await waiting();
    const pause = await release.run("pause", "--reason", "incident elsewhere");
    expect(pause).toMatchObject({ exitCode: 0, stderr: "" });
    await deploy.line(/paused.*incident elsewhere/);
    expect(await release.json("status")).toMatchObject({ phase: "paused", readBackPercent: 30 });
    const resume = await release.run("resume", "--reason", "over");
    expect(resume).toMatchObject({ exitCode: 0, stderr: "" });
    await deploy.line(/resumed.*over/);
    const promote = await release.run("promote");
    expect(promote).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await deploy.finished).exitCode).toBe(0);
    expect((await shop.route()).stable).not.toBe(before.stable);
  });

  it("promote --full skips what is left", async () => {
    const before = await shop.route();
    const steps = [...LONG_STEPS, { setWeight: "60%" }, { pause: "50s" }];
    const release = shop.release(nextRelease(), { strategy: { canary: { steps } } });
    const deploy = start(release);
    await deploy.line(/30% on the canary, read back/);
    const promote = await release.run("promote", "--full", "--reason", "hotfix");
    expect(promote).toMatchObject({ exitCode: 0, stderr: "" });
    const { exitCode, stdout } = await deploy.finished;
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain("60%");
    expect((await shop.route()).stable).not.toBe(before.stable);
  });

  it("what cannot be done is refused with the reason", async () => {
    const { release } = await waiting();
    const resume = await release.run("resume");
    expect(resume.exitCode).toBe(20);
    expect(resume.stderr).toContain("there is nothing to resume");
    const retry = await release.run("retry");
    expect(retry.exitCode).toBe(20);
    expect(retry.stderr).toContain("has not been aborted");
    expect(retry.stderr).toContain("headgate status");
  });

  it("a second deploy on the same journal is refused and names the process", async () => {
    const { release, deploy } = await waiting();
    const second = await release.run("deploy");
    expect(second.exitCode).toBe(20);
    expect(second.stderr).toContain(`process ${deploy.child.pid}`);
  });

  it("a second deploy with a journal of its own, when there is none to see, is stopped by the split route", async () => {
    await waiting();
    const before = await shop.route();
    const second = await shop.release(nextRelease()).run("deploy");
    expect(second.exitCode).toBe(20);
    expect(second.stderr).toContain("the route is split already");
    expect(await shop.route()).toEqual(before);
  });
});

describe("an approval", () => {
  it("is waited for, and resume in another process gives it", async () => {
    const release = shop.release(nextRelease(), APPROVAL);
    const deploy = start(release);
    await deploy.line(/Look at the charts/);
    const resume = await release.run("resume", "--reason", "looks good");
    expect(resume).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await deploy.finished).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("with --exit-when-held ends deploy with 12; resume goes on to the end", async () => {
    const before = await shop.route();
    const release = shop.release(nextRelease(), APPROVAL);
    const held = await release.run("deploy", "--exit-when-held");
    expect(held.exitCode).toBe(12);
    expect(held.stdout).toContain("headgate resume shop-");
    expect(await shop.route()).toMatchObject({ stable: before.stable, percent: 30 });
    const resume = await release.run("resume");
    expect(resume).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await shop.route()).stable).not.toBe(before.stable);
  });

  it("that nobody gives ends at its deadline as the spec says", async () => {
    const before = await shop.route();
    const steps = [{ setWeight: "30%" }, { approval: { deadline: "700ms" } }];
    const release = shop.release(nextRelease(), { strategy: { canary: { steps } } });
    const { exitCode, stdout } = await release.run("deploy");
    expect(stdout).toMatch(/approv/);
    expect(exitCode).toBe(13);
    expect(await shop.route()).toEqual(before);
  });
});

describe("after a rollout was held", () => {
  it("abort takes the canary out with no other process there", async () => {
    const before = await shop.route();
    const release = shop.release(nextRelease(), APPROVAL);
    expect(await release.run("deploy", "--exit-when-held")).toMatchObject({ exitCode: 12 });
    const abort = await release.run("abort");
    expect(abort.exitCode).toBe(11);
    expect(await shop.route()).toEqual(before);
  });

  it("status says that no process runs it", async () => {
    const release = shop.release(nextRelease(), APPROVAL);
    await release.run("deploy", "--exit-when-held");
    const status = await release.run("status");
    expect(status.stdout).toContain("no process runs it");
    await until("the canary's route", shop.route, ({ percent }) => percent === 30);
    await release.run("abort");
  });
});
