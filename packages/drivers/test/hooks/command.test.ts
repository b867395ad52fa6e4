// Protects what a command hook's end means, what it is told, and that nothing of it is left running
// after its deadline.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lookAtCommand, runCommand } from "../../src/hooks/command.ts";
import { awsClients } from "../../src/aws/clients.ts";
import { awsRunner } from "../../src/aws/runner.ts";
import { hookCall } from "../support/hook-call.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { constantRandom, testClock } from "../support/test-clock.ts";

const CLIENTS = awsClients();
const CLOCK = testClock();
const RUN = awsRunner({ clock: CLOCK, random: constantRandom(0) });

function options(workingDirectory?: string) {
  return { clients: CLIENTS, run: RUN, clock: CLOCK, workingDirectory };
}

function run(argv: readonly string[], timeoutMs?: number, workingDirectory?: string) {
  const call = hookCall({ kind: "command", argv }, timeoutMs);
  return runCommand(options(workingDirectory), call, argv);
}

const node = (script: string) => [process.execPath, "-e", script];

describe("a command", () => {
  it("that exits with 0 is a pass", async () => {
    const outcome = await run(node("console.log('312 orders checked')"));
    expect(outcome).toEqual({ verdict: "pass", detail: "312 orders checked" });
  });

  it("that exits with anything else is a fail, with what it said last", async () => {
    const outcome = await run(node("console.error('order 7 is wrong'); process.exit(3)"));
    expect(outcome).toEqual({ verdict: "fail", detail: "exit code 3: order 7 is wrong" });
  });

  it("that does not exist is an error", async () => {
    const outcome = await run(["headgate-no-such-program"]);
    expect(outcome.verdict).toBe("error");
    expect(outcome.detail).toContain("could not be started");
  });

  it("that is killed is an error", async () => {
    const outcome = await run(node("process.kill(process.pid, 'SIGKILL')"));
    expect(outcome.verdict).toBe("error");
    expect(outcome.detail).toContain("SIGKILL");
  });

  it("is told about the rollout and runs where it is asked to", async () => {
    const folder = await temporaryFolder({});
    const script = `
      const told = Object.entries(process.env).filter(([name]) => name.startsWith("HEADGATE_"));
      require("node:fs").writeFileSync("told.json", JSON.stringify(Object.fromEntries(told)));`;
    expect((await run(node(script), undefined, folder)).verdict).toBe("pass");
    expect(JSON.parse(await readFile(join(folder, "told.json"), "utf8"))).toEqual({
      HEADGATE_ROLLOUT: "r1",
      HEADGATE_HOOK: "smoke",
      HEADGATE_WHEN: "beforeTraffic",
      HEADGATE_STABLE: "3",
      HEADGATE_CANARY: "4",
      HEADGATE_WEIGHT_BPS: "1000",
    });
  });

  it("gets its words as they are: there is no shell", async () => {
    const outcome = await run([...node("console.log(process.argv[1])"), "$HOME; exit 1"]);
    expect(outcome).toEqual({ verdict: "pass", detail: "$HOME; exit 1" });
  });

  it("that ends well only after its deadline is an error", async () => {
    const script = "process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000);";
    const outcome = await run(node(script), 400);
    expect(outcome.verdict).toBe("error");
    expect(outcome.detail).toContain("did not end within 400 ms and was ended; it printed nothing");
  });

  it("is not waited for longer because of what it leaves running", async () => {
    const folder = await temporaryFolder({});
    const script = `
      const { spawn } = require("node:child_process");
      const left = spawn("sleep", ["20"], { stdio: "inherit", detached: true });
      require("node:fs").writeFileSync("pid", String(left.pid));
      left.unref();`;
    expect((await run(node(script), 15_000, folder)).verdict).toBe("pass");
    process.kill(Number(await readFile(join(folder, "pid"), "utf8")));
  });

  it("is ended at its deadline with all it started, though it does not want to", async () => {
    const folder = await temporaryFolder({});
    const child = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);";
    const parent = `
      process.on("SIGTERM", () => {});
      const { pid } = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "inherit" });
      require("node:fs").writeFileSync("pid", String(pid));
      setInterval(() => {}, 1000);`;
    const outcome = await run(node(parent), 1000, folder);
    expect(outcome.verdict).toBe("error");
    expect(outcome.detail).toContain("did not end within 1000 ms");
    const pid = Number(await readFile(join(folder, "pid"), "utf8"));
    await expect.poll(() => isRunning(pid)).toBe(false);
  });
});

async function isRunning(pid: number): Promise<boolean> {
  try {
    // A killed process stays listed as a zombie until its parent asks for it.
    return !/^State:\tZ/m.test(await readFile(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

describe("preflight", () => {
  const outcomeOf = async (program: string, folder?: string) =>
    (await lookAtCommand(options(folder), "hook exists", [program])).outcome;

  it("finds programs by PATH and by path", async () => {
    const folder = await temporaryFolder({ "smoke.sh": { text: "#!/bin/sh\n", mode: 0o755 } });
    expect(await outcomeOf("sh")).toBe("ok");
    expect(await outcomeOf("./smoke.sh", folder)).toBe("ok");
  });

  it("refuses what is missing or may not be run", async () => {
    const folder = await temporaryFolder({ "smoke.sh": { text: "#!/bin/sh\n", mode: 0o644 } });
    expect(await outcomeOf("headgate-no-such-program")).toBe("problem");
    expect(await outcomeOf("./missing.sh", folder)).toBe("problem");
    expect(await outcomeOf("./smoke.sh", folder)).toBe("problem");
  });
});
