// Protects `headgate replay`: the golden vectors through the real command, every wrong input named with its place, and the
// same result as text and as data.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { headgate, temporaryFolder } from "../support/command-line.ts";

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const HEADGATE = join(import.meta.dirname, "../../bin/headgate.mjs");

/** Canary errors and requests, stable errors and requests; a bucket each second. */
type Counts = readonly [k1: number, n1: number, k0: number, n0: number];

const lineOf = ([k1, n1, k0, n0]: Counts, atMs: number, run?: string) =>
  JSON.stringify({
    ...(run === undefined ? {} : { run }),
    atMs,
    weightBps: 1000,
    stable: { requests: n0, errors: k0 },
    canary: { requests: n1, errors: k1 },
  });

const recordingOf = (buckets: readonly Counts[]) =>
  buckets.map((counts, index) => `${lineOf(counts, 1000 * (index + 1))}\n`).join("");

interface Point {
  readonly rollbackLogE: number;
  readonly promoteLogE: number;
  readonly riskBound: number;
}

interface Replayed {
  readonly runs: readonly {
    readonly run: string;
    readonly verdict: string;
    readonly atMs: number;
    readonly trace?: readonly Point[];
    readonly rules?: Readonly<Record<string, { readonly verdict: string; readonly atMs: number }>>;
  }[];
}

/** The result of `replay FILE --json` on a recording. */
async function replayed(text: string, ...flags: readonly string[]): Promise<Replayed["runs"]> {
  writeFileSync(join(folder.path, "runs.jsonl"), text);
  const argv = ["replay", "runs.jsonl", "--json", ...flags];
  const { exitCode, stdout, stderr } = await headgate(argv, { cwd: folder.path });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const value: Replayed = JSON.parse(stdout);
  return value.runs;
}

const PLAIN: readonly Counts[] = [
  [1, 10, 0, 90],
  [0, 12, 1, 88],
  [2, 11, 0, 89],
  [3, 9, 1, 91],
];

describe("the method's golden vectors", () => {
  it.each([
    {
      name: "strict",
      buckets: PLAIN,
      flags: ["--rho", "1", "--delta", "0"],
      logE: [1.804027014, 0.439166687, 3.615412593, 8.291758133],
    },
    {
      name: "by default",
      buckets: PLAIN,
      flags: [],
      logE: [1.712499527, 0.329926352, 3.334923983, 7.732636772],
    },
    {
      name: "weights that change, and a silent version",
      buckets: [
        [0, 0, 3, 100],
        [5, 50, 0, 50],
        [40, 100, 0, 0],
        [20, 700, 1, 300],
      ] as const,
      flags: ["--rho", "1", "--delta", "0"],
      logE: [0, 3.021902637, 3.021902637, 6.523456863],
    },
  ])("$name", async ({ buckets, flags, logE }) => {
    const [run] = await replayed(recordingOf(buckets), "--trace", ...flags);
    expect(run?.trace).toHaveLength(logE.length);
    for (const [index, expected] of logE.entries()) {
      expect(run?.trace?.[index]?.rollbackLogE).toBeCloseTo(expected, 8);
    }
    expect(run).toMatchObject({ run: "run", verdict: "abort", atMs: 4000 });
  });

  it("promotion and the risk bound", async () => {
    const buckets = [
      [0, 200, 1, 200],
      [0, 300, 0, 300],
      [1, 400, 0, 400],
    ] as const;
    const [run] = await replayed(recordingOf(buckets), "--trace");
    const expected = [
      [1.38285889, 0.01732868],
      [2.583807231, 0.006931472],
      [1.909677431, 0.007428962],
    ] as const;
    for (const [index, [logE, bound]] of expected.entries()) {
      expect(run?.trace?.[index]?.promoteLogE).toBeCloseTo(logE, 8);
      expect(run?.trace?.[index]?.riskBound).toBeCloseTo(bound, 8);
    }
    expect(run).toMatchObject({ verdict: "inconclusive", atMs: 3000 });
  });
});

describe("runs", () => {
  it("are told apart when they interleave, in order of first appearance, each with its verdict", async () => {
    const lines = Array.from({ length: 70 }, (_, index) => [
      lineOf([0, 300, 2, 300], 1000 * (index + 1), "good"),
      lineOf([index > 4 ? 30 : 0, 100, 1, 900], 1000 * (index + 1), "bad"),
      lineOf([0, 0, 1, 900], 1000 * (index + 1), "silent"),
    ]).flat();
    const runs = await replayed(`${lines.join("\n")}\n`, "--trace");
    expect(runs).toMatchObject([
      { run: "good", verdict: "promote", atMs: 61_000 },
      { run: "bad", verdict: "abort", atMs: 6000 },
      { run: "silent", verdict: "inconclusive", atMs: 70_000 },
    ]);
    // The trace goes on after the decision.
    expect(runs.map(({ trace }) => trace?.length)).toEqual([70, 70, 70]);
  });

  it("have neither trace nor other rules unless asked for", async () => {
    const [run] = await replayed(recordingOf(PLAIN));
    expect(run).not.toHaveProperty("trace");
    expect(run).not.toHaveProperty("rules");
  });

  it("are read from standard input, with blank lines and without a last newline", async () => {
    const input = `\n${recordingOf(PLAIN).trimEnd().replaceAll("\n", "\r\n\r\n")}`;
    const { exitCode, stdout, stderr } = await headgate(["replay", "-"], { input });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout.split("\n")[0]).toBe("run  abort after 4s, 4 of 4 buckets compared");
  });

  it("are printed as far as anybody reads", () => {
    const buckets = Array.from({ length: 20_000 }, (): Counts => [0, 10, 1, 90]);
    writeFileSync(join(folder.path, "long.jsonl"), recordingOf(buckets));
    const script = `set -o pipefail; "$0" "$1" replay long.jsonl --trace | head -1`;
    const argv = ["-c", script, process.execPath, HEADGATE];
    const { status, stdout, stderr } = spawnSync("bash", argv, {
      cwd: folder.path,
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^run {2}promote after [^\n]+\n$/);
  });

  it("do not have to fit into the memory", async () => {
    const buckets = Array.from({ length: 300_000 }, (): Counts => [0, 10, 1, 90]);
    writeFileSync(join(folder.path, "large.jsonl"), recordingOf(buckets));
    const env = { NODE_OPTIONS: "--max-old-space-size=64" };
    const streamed = await headgate(["replay", "large.jsonl"], { cwd: folder.path, env });
    expect(streamed).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("show latency for information, and decide nothing by it", async () => {
    const latency = (fast: number, slow: number) => ({
      boundsMs: Array.from({ length: 41 }, (_, index) => 2 ** (index / 4)),
      counts: Array.from({ length: 42 }, (_, index) =>
        index === 20 ? fast : index === 32 ? slow : 0,
      ),
    });
    const input = Array.from({ length: 20 }, (_, index) => {
      const stable = { requests: 900, errors: 0, latency: latency(891, 9) };
      const canary = { requests: 100, errors: 0, latency: latency(50, 50) };
      return JSON.stringify({ atMs: 1000 * (index + 1), weightBps: 1000, stable, canary });
    }).join("\n");
    const { exitCode, stdout } = await headgate(["replay", "-"], { input });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^run {2}inconclusive after 20s/);
    expect(stdout).toMatch(/slower\? +\[#{20}\] log E \d+\.\d of 4\.6 {2}decides nothing here/);
  });

  it("follow alpha: a tenth of the chance needs more evidence", async () => {
    const buckets: Counts[] = [...PLAIN, [2, 10, 0, 90]];
    const [strict] = await replayed(recordingOf(buckets), "--alpha", "0.0001");
    expect(strict).toMatchObject({ verdict: "abort", atMs: 5000 });
  });

  it("follow beta: less certainty is had sooner", async () => {
    const lines = Array.from({ length: 20 }, (_, index) => lineOf([0, 35, 0, 400], 10_000 * index));
    const recording = `${lines.join("\n")}\n`;
    const sure = await replayed(recording);
    const unsure = await replayed(recording, "--beta", "0.2");
    expect(sure).toMatchObject([{ verdict: "inconclusive", atMs: 190_000 }]);
    expect(unsure).toMatchObject([{ verdict: "promote", atMs: 120_000 }]);
  });

  it("with late onset find what began late", async () => {
    const lines = Array.from({ length: 120 }, (_, minute) =>
      lineOf([minute < 100 ? 0 : 4, 500, 2, 4500], 60_000 * (minute + 1)),
    );
    const recording = `${lines.join("\n")}\n`;
    const flags = ["--beta", "1e-300", "--delta", "0.001"];
    const [plain] = await replayed(recording, ...flags);
    const [late] = await replayed(recording, "--late-onset", ...flags);
    expect(late?.verdict).toBe("abort");
    expect(late?.atMs).toBeLessThan(plain?.verdict === "abort" ? plain.atMs : Infinity);
  });
});

describe("--rules", () => {
  const outage = Array.from({ length: 60 }, (_, minute) =>
    lineOf(
      minute > 2 && minute < 9 ? [30, 100, 270, 900] : [0, 100, 0, 900],
      60_000 * (minute + 1),
    ),
  ).join("\n");

  it("says what each tool would have done, and when", async () => {
    const [run] = await replayed(outage, "--rules", "all");
    expect(run?.verdict).toBe("promote");
    expect(run?.rules).toMatchObject({
      "codedeploy-alarm": { verdict: "abort", atMs: 360_000 },
      flagger: { verdict: "abort", atMs: 300_000 },
      argo: { verdict: "promote", atMs: 2_400_000 },
      kayenta: { verdict: "promote", atMs: 540_000 },
    });
  });

  it("asks only those that are named", async () => {
    const [run] = await replayed(outage, "--rules", "flagger, argo");
    expect(Object.keys(run?.rules ?? {})).toEqual(["flagger", "argo"]);
  });

  it("prints them for people below the verdict", async () => {
    const { stdout } = await headgate(["replay", "-", "--rules", "kayenta"], { input: outage });
    expect(stdout).toMatch(/^run {2}promote after \d+m/);
    expect(stdout).toMatch(/worse\? +\[\.{20}\] log E -/);
    expect(stdout).toMatch(/no worse\? +\[#{20}\] log E/);
    expect(stdout).toContain("kayenta  promote after 9m  2 judgements passed");
  });
});

describe("wrong input", () => {
  // Every field has its test in core; here it is the place in the file, the advice and the exit code.
  const good = lineOf([0, 10, 0, 90], 1000);
  it.each([
    ["what is not JSON", [good, "{"], ":2: not JSON: "],
    [
      "a negative count",
      [good, lineOf([0, -1, 0, 90], 2000)],
      ":2: canary.requests is -1; it must be a whole number, 0 or more",
    ],
    [
      "errors above requests",
      [lineOf([11, 10, 0, 90], 1000)],
      ":1: canary.errors is 11; it must be a whole number from 0 to canary.requests, which is 10",
    ],
    [
      "time that goes back",
      [good, lineOf([0, 1, 0, 1], 999)],
      ":2: atMs is 999; it must be above 1000",
    ],
    [
      "a missing version",
      ['{"atMs":1,"weightBps":0,"stable":{"requests":1,"errors":0}}'],
      ":1: canary is missing; it must be an object with requests and errors",
    ],
    [
      "a weight out of range",
      [good.replace('"weightBps":1000', '"weightBps":10001')],
      ":1: weightBps is 10001; it must be a whole number of basis points from 0 to 10000",
    ],
    ["no bucket", ["", " "], ": it holds no bucket; there must be one"],
  ])("is named with its place: %s", async (_what, lines, message) => {
    const { exitCode, stdout, stderr } = await headgate(["replay", "-"], {
      input: lines.join("\n"),
    });
    expect(stderr).toContain(`error -${message}`);
    expect(stderr).toContain("do: ");
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  });

  it("names other histogram bounds within a run", async () => {
    const withBounds = (atMs: number, bound: number) => {
      const latency = { boundsMs: [1, bound], counts: [0, 0, 1] };
      const version = { requests: 1, errors: 0, latency };
      return JSON.stringify({ atMs, weightBps: 0, stable: version, canary: version });
    };
    const input = [withBounds(1, 2), withBounds(2, 2), withBounds(3, 4)].join("\n");
    const { exitCode, stderr } = await headgate(["replay", "-"], { input });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("-:3: stable.latency.boundsMs is not what it was before in run");
  });

  it("does not take an endless line", async () => {
    const { exitCode, stderr } = await headgate(["replay", "-"], { input: "1".repeat(1_200_000) });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("-:1: the line has more than 1000000 characters");
  });

  it("names a file that is not there, and a folder", async () => {
    const missing = await headgate(["replay", "nowhere.jsonl", "--json"], { cwd: folder.path });
    expect(missing.exitCode).toBe(2);
    expect(JSON.parse(missing.stdout)).toMatchObject({
      error: { code: "RECORDING_INVALID", message: "nowhere.jsonl: there is no such file" },
    });
    const { exitCode, stderr } = await headgate(["replay", "."], { cwd: folder.path });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(".: it cannot be read (EISDIR)");
  });

  it.each([
    [
      ["--rules", "fagger"],
      '--rules names "fagger", which is no rule; there are codedeploy-alarm, flagger, argo, kayenta, or all',
    ],
    [["--rules", "fagger"], "Did you mean flagger?"],
    [["--rules", ""], '--rules names ""'],
    [["--alpha", "0"], "--alpha is 0; it must be above 0 and below 1"],
    [["--alpha", "1"], "--alpha is 1; it must be above 0 and below 1"],
    [["--alpha", "-0.1"], "It must be a number, 0 or more"],
    [["--alpha", "x"], "It must be a number"],
    [["--beta", "1.5"], "--beta is 1.5; it must be above 0 and below 1"],
    [["--rho", "0"], "--rho is 0; it must be above 0 and at most 100"],
    [["--delta", "1"], "--delta is 1; it must be at least 0 and below 1"],
  ])("refuses %j", async (flags, message) => {
    const { exitCode, stderr } = await headgate(["replay", "-", ...flags], { input: good });
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });

  it("needs a file", async () => {
    const { exitCode, stderr } = await headgate(["replay"]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("missing required argument 'file'");
  });
});
