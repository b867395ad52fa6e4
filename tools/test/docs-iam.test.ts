// Protects docs/iam.md: every published policy is on it with all of its actions, it names none that no policy has, and
// every policy is proved by a test.
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const page = readFileSync(join(ROOT, "docs/iam.md"), "utf8");
const files = globSync("docs/iam/*.json", { cwd: ROOT }).toSorted();

interface Policy {
  readonly Statement: readonly { readonly Sid: string; readonly Action: readonly string[] }[];
}

function policyIn(file: string): Policy {
  return JSON.parse(readFileSync(join(ROOT, file), "utf8"));
}

it("finds the policies", () => {
  expect(files.length).toBeGreaterThan(4);
});

it("links each, and says what each of its statements is for", () => {
  for (const file of files) {
    const name = basename(file);
    expect(page).toContain(`](iam/${name})`);
    const { Statement } = policyIn(file);
    if (Statement.length <= 2) continue;
    const { length } = Statement.filter(({ Sid }) => !new RegExp(`\\b${Sid}\\b`).test(page));
    expect(length, name).toBe(0);
  }
});

it("names exactly the actions that they have", () => {
  const had = files.flatMap((file) => policyIn(file).Statement.flatMap(({ Action }) => Action));
  const [, optional = ""] = /Tried, and never missed:(.+)/.exec(page) ?? [];
  const [, unsure = ""] = /Unverified:(.+)/.exec(page) ?? [];
  const named = [
    ...page
      .replace(optional, "")
      .replace(unsure, "")
      .matchAll(/`([a-z0-9-]+:[A-Z]\w+)`/g),
  ].map(([, action = ""]) => action);
  const free = new Set(["sts:GetCallerIdentity"]);
  expect(new Set(named.filter((one) => !free.has(one)))).toEqual(new Set(had));
});

it("shows no policy that no test proves", () => {
  const tests = globSync("packages/drivers/test/iam/*.test.ts", { cwd: ROOT })
    .map((path) => readFileSync(join(ROOT, path), "utf8"))
    .join("\n");
  const unproved = files.filter((file) => !tests.includes(`"${basename(file, ".json")}"`));
  expect(unproved).toEqual([]);
});
