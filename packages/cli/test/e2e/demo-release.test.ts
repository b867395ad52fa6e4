// Protects the demo of a release of several targets: all are promoted, or all are back, what came last first, with counts
// for the users at each door, and nothing of it stays on the machine.
import { readdirSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { headgate, temporaryFolder } from "../support/command-line.ts";

let temporary: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  temporary = temporaryFolder();
});
afterEach(() => temporary.remove());

interface Report {
  readonly releases: readonly {
    readonly name: string;
    readonly outcome: string;
    readonly failed: string | null;
    readonly takenBack: readonly string[];
    readonly targets: readonly {
      readonly target: string;
      readonly outcome: string;
      readonly requestsSent: number;
      readonly failuresUsersSaw: number;
      readonly answersByVersion: Readonly<Record<string, number>>;
    }[];
  }[];
}

/** Three doors, and proof after proof, on a busy machine. */
const WHOLE_DEMO_MS = 400_000;

it(
  "promotes a web front, a function and a stage together, and takes all back when the front fails",
  async () => {
    const { exitCode, stdout, stderr } = await headgate(
      ["demo", "--target", "release", "--json", "--seconds", "3"],
      {
        env: { TMPDIR: temporary.path, NODE_DISABLE_COMPILE_CACHE: "1" },
        timeoutMs: WHOLE_DEMO_MS,
      },
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const { releases } = JSON.parse(stdout) as Report;
    expect(releases).toMatchObject([
      { name: "good", outcome: "promoted", failed: null, takenBack: [] },
      { name: "bad", outcome: "rolledBack", failed: "web" },
    ]);
    for (const { targets } of releases) {
      expect(targets.map(({ target }) => target)).toEqual(["api", "stage", "web"]);
      for (const { requestsSent, failuresUsersSaw, answersByVersion } of targets) {
        const answers = Object.values(answersByVersion).reduce((sum, count) => sum + count, 0);
        expect(requestsSent).toBe(answers + failuresUsersSaw);
      }
    }
    const [, bad] = releases;
    // The stage and the function had all traffic when the front failed: they come back after it.
    expect(bad?.takenBack).toEqual(["web", "stage", "api"]);
    // A busy machine lets users wait too long at any door: what the front was built to fail is there in any case.
    expect(bad?.targets.at(-1)?.failuresUsersSaw).toBeGreaterThan(0);
    expect(readdirSync(temporary.path)).toEqual([]);
  },
  WHOLE_DEMO_MS,
);
