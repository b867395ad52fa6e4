// Protects the first thing a newcomer runs: it shows both outcomes with numbers that add up, and nothing of it stays on
// the machine, also when it is stopped in the middle.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { DEMO_TARGETS } from "../../src/demo/demo-target.ts";
import { headgate, startHeadgate, temporaryFolder } from "../support/command-line.ts";

/** Two releases with real proof between them, on a busy machine. */
const WHOLE_DEMO_MS = 150_000;

let temporary: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  temporary = temporaryFolder();
});
afterEach(() => temporary.remove());

/** The demo's temporary files go where the test can see all of them. */
function around() {
  return {
    timeoutMs: WHOLE_DEMO_MS,
    env: { TMPDIR: temporary.path, NODE_DISABLE_COMPILE_CACHE: "1" },
  };
}

/** Processes of this machine that have the temporary folder in their environment or work in it: the demo's children. */
function left(): string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
      return [environment, readlinkSync(`/proc/${pid}/cwd`)].some((text) =>
        text.includes(temporary.path),
      );
    } catch {
      // It ended meanwhile, or belongs to somebody else.
      return false;
    }
  });
}

interface Report {
  readonly releases: readonly {
    readonly name: string;
    readonly outcome: string;
    readonly why: string;
    readonly requestsSent: number;
    readonly failuresUsersSaw: number;
    readonly answersByVersion: Readonly<Record<string, number>>;
  }[];
}

it.each(DEMO_TARGETS)(
  "on %s promotes the good release, takes the bad one out, and leaves nothing behind",
  async (target) => {
    const { exitCode, stdout, stderr } = await headgate(
      ["demo", "--target", target, "--json", "--seconds", "3", "--rate", "50"],
      around(),
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const { releases } = JSON.parse(stdout) as Report;
    expect(releases).toMatchObject([
      { name: "good", outcome: "promoted", failuresUsersSaw: 0 },
      { name: "bad", outcome: "rolledBack" },
    ]);
    for (const { requestsSent, failuresUsersSaw, answersByVersion } of releases) {
      const answers = Object.values(answersByVersion).reduce((sum, count) => sum + count, 0);
      expect(requestsSent).toBe(answers + failuresUsersSaw);
    }
    const [, bad] = releases;
    expect(bad?.failuresUsersSaw).toBeGreaterThan(0);
    expect(bad?.failuresUsersSaw).toBeLessThan(0.3 * (bad?.requestsSent ?? 0));
    expect(bad?.why).not.toBe("");
    expect(readdirSync(temporary.path)).toEqual([]);
    expect(left()).toEqual([]);
  },
  WHOLE_DEMO_MS + 30_000,
);

it("stopped in the middle leaves nothing behind either", async () => {
  const demo = startHeadgate(["demo", "--scenario", "good", "--seconds", "60"], around());
  await demo.line(/on the canary, read back/);
  demo.child.kill("SIGINT");
  const { exitCode, stdout, stderr } = await demo.finished;
  expect({ exitCode, stderr }).toEqual({ exitCode: 11, stderr: "" });
  expect(stdout).toContain("interrupted; nothing was left behind");
  expect(readdirSync(temporary.path)).toEqual([]);
  expect(left()).toEqual([]);
});

it("says at once that python3 is missing", async () => {
  const { exitCode, stderr } = await headgate(["demo"], { env: { PATH: temporary.path } });
  expect(exitCode).toBe(20);
  expect(stderr).toContain("there is no python3");
  expect(stderr).toContain("do:");
});
