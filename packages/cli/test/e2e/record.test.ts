// Protects the way from a release to its replay: what a rollout counted, and what CloudWatch counted meanwhile, are written
// down and come to the rollout's own verdict again.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  nextRelease,
  openTestShop,
  type ReleaseFolder,
  type TestShop,
} from "../support/test-shop.ts";

let shop: TestShop;
let release: ReleaseFolder;
let deployed: { readonly fromMs: number; readonly toMs: number };
beforeAll(async () => {
  shop = await openTestShop();
  release = shop.release(nextRelease(0.5), {
    strategy: { canary: { steps: [{ setWeight: "30%" }, { pause: "40s" }] } },
    analysis: {},
  });
  const fromMs = Date.now();
  const { exitCode, stdout, stderr } = await release.run("deploy");
  if (exitCode !== 10) throw new Error(`not rolled back: ${stdout}${stderr}`);
  deployed = { fromMs, toMs: Date.now() };
});
afterAll(() => shop.close());

interface Line {
  readonly run: string;
  readonly atMs: number;
  readonly weightBps: number;
  readonly stable: { readonly requests: number; readonly errors: number };
  readonly canary: { readonly requests: number; readonly errors: number };
}

const linesOf = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line): Line => JSON.parse(line));

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe("from the journal", () => {
  it("prints a line for each bucket, with the weight that was live", async () => {
    const { exitCode, stdout, stderr } = await release.run("record");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const lines = linesOf(stdout);
    const { comparison } = await status();
    expect(sum(lines.map(({ canary }) => canary.errors))).toBeGreaterThanOrEqual(
      comparison.errors.canary,
    );
    expect(new Set(lines.map(({ run }) => run)).size).toBe(1);
    expect(lines.every(({ atMs }) => atMs > deployed.fromMs && atMs <= deployed.toMs)).toBe(true);
    const withCanary = lines.filter(({ canary }) => canary.requests > 0);
    expect(withCanary.map(({ weightBps }) => weightBps)).toContain(3000);
  });

  it("replays to the verdict that the rollout came to", async () => {
    const { exitCode, stderr } = await release.run("record", "--out", "release.jsonl");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const { runs } = await release.json("replay", "release.jsonl", "--rules", "all");
    expect(runs).toMatchObject([{ verdict: "abort", rules: { flagger: {}, kayenta: {} } }]);
  });

  it("never overwrites a file, but with --yes", async () => {
    const path = join(release.path, "mine.jsonl");
    writeFileSync(path, "mine");
    const refused = await release.run("record", "--out", "mine.jsonl");
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain("mine.jsonl is there already; nothing was written");
    expect(readFileSync(path, "utf8")).toBe("mine");
    const written = await release.run("record", "--out", "mine.jsonl", "--yes");
    expect(written).toMatchObject({ exitCode: 0, stderr: "" });
    expect(written.stdout).toContain("next: `headgate replay mine.jsonl`");
    const buckets = linesOf(readFileSync(path, "utf8")).length;
    expect(written.stdout).toContain(`wrote ${buckets} buckets of shop-`);
  });

  it("prints the same as data", async () => {
    const text = linesOf((await release.run("record")).stdout);
    const data = await release.json("record");
    expect(data).toEqual({ file: null, runs: [text[0]?.run], buckets: text.length, lines: text });
  });

  it("says that a rollout counted nothing", async () => {
    const quiet = shop.release(nextRelease(), { strategy: { allAtOnce: {} } });
    await quiet.run("deploy");
    const { exitCode, stderr } = await quiet.run("record", "--out", "none.jsonl");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("counted nothing by the bucket, so there is nothing to record");
    expect(existsSync(join(quiet.path, "none.jsonl"))).toBe(false);
  });

  it("names a rollout that there is not", async () => {
    const { exitCode, stderr } = await release.run("record", "nobody");
    expect(exitCode).toBe(20);
    expect(stderr).toContain('there is no rollout "nobody"');
  });
});

describe("from CloudWatch", () => {
  const window = () => [
    "--from",
    new Date(deployed.fromMs).toISOString(),
    "--to",
    new Date(deployed.toMs).toISOString(),
  ];

  it("records two versions of the spec's target, and replays to the same verdict", async () => {
    const { stable, canary: released } = await status();
    const versions = ["--stable", stable.version, "--canary", released.version];
    const argv = ["record", "--spec", "headgate.yaml", ...versions, ...window()];
    const { exitCode, stdout, stderr } = await release.run(...argv);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const lines = linesOf(stdout);
    const canary = sum(lines.map((line) => line.canary.requests));
    const journal = linesOf((await release.run("record")).stdout);
    expect(canary).toBeGreaterThanOrEqual(sum(journal.map((line) => line.canary.requests)));
    for (const line of lines) {
      const requests = line.stable.requests + line.canary.requests;
      expect(line.weightBps).toBe(Math.round((10_000 * line.canary.requests) / requests));
    }
    writeFileSync(join(release.path, "cloudwatch.jsonl"), stdout);
    const { runs } = await release.json("replay", "cloudwatch.jsonl");
    expect(runs).toMatchObject([{ run: "shop", verdict: "abort" }]);
  });

  it("says that nothing was counted", async () => {
    const argv = ["--spec", "headgate.yaml", "--stable", "98", "--canary", "99", ...window()];
    const { exitCode, stderr } = await release.run("record", ...argv);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("no requests of version 98 or 99 were counted from");
  });

  it.each([
    [["--stable", "1"], "--stable is given without --spec"],
    [["shop", "--spec", "headgate.yaml"], 'both the rollout "shop" and --spec are given'],
    [
      ["--spec", "headgate.yaml"],
      "--stable is missing; with --spec it must be the version that served",
    ],
    [["--spec", "headgate.yaml", "--stable", "1", "--canary", "2"], "--from is missing"],
    [
      ["--spec", "headgate.yaml", "--stable", "1", "--canary", "2", "--from", "yesterday"],
      '--from is "yesterday"; with --spec it must be a time with its zone',
    ],
    [
      [
        "--spec",
        "headgate.yaml",
        "--stable",
        "1",
        "--canary",
        "2",
        "--from",
        "2026-11-20T08:00:00",
      ],
      "it must be a time with its zone",
    ],
    [
      [
        "--spec",
        "headgate.yaml",
        "--stable",
        "1",
        "--canary",
        "2",
        "--from",
        "2026-11-20T08:00:00Z",
        "--to",
        "2026-11-20T08:00:00Z",
      ],
      "it must be after --from",
    ],
    [["--spec", "nowhere.yaml"], "nowhere.yaml: there is no such file"],
  ])("refuses %j", async (argv, message) => {
    const { exitCode, stderr } = await release.run("record", ...argv);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });
});

/** What `status` says of the rollout. */
interface Status {
  readonly stable: { readonly version: string };
  readonly canary: { readonly version: string };
  readonly comparison: { readonly errors: { readonly canary: number } };
}

async function status(): Promise<Status> {
  const { stdout } = await release.run("status", "--json");
  return JSON.parse(stdout);
}
