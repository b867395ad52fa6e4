// Protects the example applications: their spec passes lint, its names are those that the scripts create, and the
// application itself sends the metric that the check and the alarm look at.
import { execFileSync } from "node:child_process";
import { globSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { isReleaseText, parseRelease, parseSpec } from "../../packages/core/src/index.ts";

/** A line in the embedded metric format, as the example writes it. */
interface Metric {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly unknown[];
    }[];
  };
  readonly Failures: number;
}

interface Answer {
  readonly statusCode: number;
}

const ROOT = join(import.meta.dirname, "../..");
const SPECS = globSync("examples/*/headgate.yaml", { cwd: ROOT });

it("finds examples", () => {
  expect(SPECS).toContain("examples/lambda/headgate.yaml");
});

describe.each(SPECS)("%s", (path) => {
  it("passes lint without a warning", () => {
    const text = readFileSync(join(ROOT, path), "utf8");
    const { warnings } = isReleaseText(text) ? parseRelease(text, path) : parseSpec(text, path);
    expect(warnings).toEqual([]);
  });

  it.each(["setup.sh", "release.sh", "remove.sh"])("has %s, which bash can run", (script) => {
    const file = join(ROOT, dirname(path), script);
    expect(statSync(file).mode & 0o111).toBe(0o111);
    expect(() => execFileSync("bash", ["-n", file])).not.toThrow();
  });
});

describe("examples/lambda", () => {
  const folder = join(ROOT, "examples/lambda");
  const { spec } = parseSpec(readFileSync(join(folder, "headgate.yaml"), "utf8"), "headgate.yaml");
  const setup = readFileSync(join(folder, "setup.sh"), "utf8");
  // Without bytecode, which would be left in the folder that is released.
  const python = (...words: readonly string[]) =>
    execFileSync("python3", ["-B", ...words], { cwd: folder, encoding: "utf8", stdio: "pipe" });

  it("names what setup.sh creates", () => {
    expect(setup).toContain(`NAME=${spec.target.lambda?.function}\n`);
    expect(setup).toContain(`--name ${spec.target.lambda?.alias} `);
    const names = spec.alarms.map(({ name }) => name.replace("orders-example", "$NAME"));
    expect(names).toHaveLength(1);
    for (const name of names) expect(setup).toContain(`--alarm-name "${name}"`);
  });

  it("has unit tests that pass", () => {
    expect(() => python("-m", "unittest", "discover", "-s", "test")).not.toThrow();
  });

  /** What the handler prints for one request, and what it answers. */
  const handle = (event: string) => {
    const program = `
import json, sys
sys.path.insert(0, "src")
import app
class Context:
    function_name = "orders-example"
    function_version = "7"
print(json.dumps(app.handler(json.loads(sys.argv[1]), Context)))`;
    const [metric = "", answer = ""] = python("-c", program, event).trim().split("\n").slice(-2);
    return { metric: JSON.parse(metric) as Metric, answer: JSON.parse(answer) as Answer };
  };

  it("accepts the event of the probe, which is no failure", () => {
    const { metric, answer } = handle("{}");
    expect(answer.statusCode).toBe(200);
    expect(metric.Failures).toBe(0);
  });

  it("counts a failure of its own, and not a customer's mistake", () => {
    expect(handle('{"body": "not JSON"}').metric.Failures).toBe(1);
    const { metric, answer } = handle(JSON.stringify({ body: '{"caviar": 1}' }));
    expect(answer.statusCode).toBe(400);
    expect(metric.Failures).toBe(0);
  });

  it("sends the metric that the check reads and the alarm watches, by the second", () => {
    const { metric } = handle("{}");
    const [directive] = metric._aws.CloudWatchMetrics;
    const read = spec.checks.map((check) => check.metric)[0];
    if (read?.kind !== "cloudWatch")
      throw new Error("the check reads no metric of the application");
    expect(directive).toMatchObject({
      Namespace: read.namespace,
      Metrics: [{ Name: read.metricName, StorageResolution: 1 }],
    });
    expect(directive?.Dimensions).toContainEqual(Object.keys(read.dimensions));
    expect(read.dimensions).toEqual({ Function: "orders-example", Version: "{canary}" });
    expect(metric).toMatchObject({ Function: "orders-example", Version: "7" });
    expect(setup).toContain(`--namespace ${read.namespace} --metric-name ${read.metricName}`);
    expect(directive?.Dimensions).toContainEqual(["Function"]);
    expect(setup).toContain(`--dimensions "Name=Function,Value=$NAME"`);
  });
});

describe("examples/ecs-web", () => {
  const folder = join(ROOT, "examples/ecs-web");
  const text = (name: string) => readFileSync(join(folder, name), "utf8");
  const specText = text("headgate.yaml");
  const { spec } = parseSpec(specText, "headgate.yaml");

  it("names what setup.sh creates", () => {
    const NAME = "ecs-web";
    const setup = text("setup.sh").replaceAll("$NAME", NAME);
    expect(setup).toContain(`NAME=\${NAME:-${NAME}}\n`);
    const {
      cluster,
      service,
      container,
      listener,
      testListener,
      targetGroups = [],
    } = spec.target.ecs ?? {};
    expect([cluster, service]).toEqual([NAME, NAME]);
    expect([listener, testListener]).toEqual([`${NAME}:80`, `${NAME}:8080`]);
    expect(setup).toContain(`"name": "${container}"`);
    for (const group of targetGroups) expect(setup).toContain(`target_group "${group}"`);
    for (const { name } of spec.alarms) expect(setup).toContain(`--alarm-name "${name}"`);
  });

  it("has one line each for the image and the address that release.sh puts in", () => {
    expect(text("release.sh")).toContain('-e "s|^  image: .*|');
    expect(text("release.sh")).toContain('-e "s|^      url: .*|');
    expect(specText.match(/^ {2}image: /gm)).toHaveLength(1);
    expect(specText.match(/^ {6}url: /gm)).toHaveLength(1);
  });

  it("locks what it depends on", () => {
    const { dependencies } = JSON.parse(text("package.json")) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    for (const [name, version] of Object.entries(dependencies)) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(text("package-lock.json")).toContain(`"${name}": "${version}"`);
    }
  });
});
