// Protects docs/local-cloud.md: the flags, services and addresses it names are those of the code, and its SDK example
// runs. Its shell examples need the AWS CLI and are checked only as far as they call headgate (docs-commands.test.ts).
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { localStart } from "../../packages/cli/src/commands/local/start.ts";
import { findDoor } from "../../packages/local-cloud/src/data-plane/doors.ts";
import { startLocalCloud } from "../../packages/local-cloud/src/index.ts";
import { SERVICES } from "../../packages/local-cloud/src/services/registry.ts";
import { codeOf, fencedBlocks, tableRows } from "./support/markdown.ts";

const ROOT = join(import.meta.dirname, "../..");
const page = readFileSync(join(ROOT, "docs/local-cloud.md"), "utf8");

describe("the flags of `local start`", () => {
  const rows = new Map(tableRows(page).map(([flag, , byDefault]) => [codeOf(flag), byDefault]));
  const options = Object.entries(localStart.options ?? {}).map(([name, option]) => ({
    flag: `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    // Shown as code; what has no default is shown in words.
    byDefault: "default" in option ? String(option.default) : undefined,
  }));

  it("are found", () => {
    expect(options.length).toBeGreaterThan(4);
  });

  it.each(options)("have a row: $flag, by default $byDefault", ({ flag, byDefault }) => {
    expect(rows.has(flag)).toBe(true);
    expect(codeOf(rows.get(flag))).toBe(byDefault);
  });
});

it("names every service", () => {
  const [, list = ""] = /It has Lambda.*?: (.*?)\. Which operations/s.exec(page) ?? [];
  const named = [...list.matchAll(/`([a-z0-9-]+)`/g)].map(([, name]) => name);
  expect(new Set(named)).toEqual(new Set(Object.keys(SERVICES)));
});

describe("the addresses", () => {
  const rows = tableRows(page).filter(([, path]) => path?.startsWith("`/_aws/"));
  const filled = (cell: string | undefined) =>
    [...(cell ?? "").matchAll(/`([^`]+)`/g)].map(([, form = ""]) =>
      form
        .replaceAll(/\{(?:api|id|stage)\}/g, "a1b2")
        .replace("{service}", "a1b2-0123456789abcdef0")
        .replace("{balancer}", "a1b2-0123456789")
        .replace("{hash}", "7d67968")
        .replace("{region}", "eu-west-1"),
    );

  it("are there", () => {
    expect(rows).toHaveLength(4);
  });

  it.each(rows)("of %s lead to it, by path %s and by host", (_what, paths, hosts) => {
    const byPath = filled(paths).map((path) => findDoor("127.0.0.1:4566", path, "us-east-1"));
    const byHost = filled(hosts).map((host) => findDoor(`${host}:4566`, "/", "us-east-1"));
    expect(byHost).toHaveLength(3);
    const { door: wanted, id } = byPath[0]?.match ?? {};
    expect(id).toMatch(/^a1b2/);
    for (const door of [...byPath, ...byHost]) {
      expect(door?.match).toMatchObject({ door: wanted, id });
    }
  });
});

it("has an example with the SDK for JavaScript that runs", async () => {
  const [example = ""] = fencedBlocks(page, "js");
  expect(example).toContain("http://127.0.0.1:4566");
  const cloud = await startLocalCloud({ port: 0 });
  try {
    const program = example.replace("http://127.0.0.1:4566", cloud.url);
    const words = ["--input-type=module", "--eval", program];
    const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: ROOT });
    expect(stdout).toBe("[]\n");
  } finally {
    await cloud.close();
  }
});
