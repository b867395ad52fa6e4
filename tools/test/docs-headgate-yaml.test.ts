// Protects docs/headgate-yaml.md and README.md from the parser's point of view: whole files parse, every key has its
// row, and what the rows give as default and example is true. A page in which nothing was found fails.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  checkSpec,
  isReleaseText,
  parseRelease,
  parseSpec,
  specJsonSchema,
} from "../../packages/core/src/index.ts";
import { codeOf, fencedBlocks, tableRows } from "./support/markdown.ts";
import { specWith } from "./support/spec-with.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const page = read("docs/headgate-yaml.md");

describe.each(["docs/headgate-yaml.md", "README.md"])("the whole files in %s", (path) => {
  const files = fencedBlocks(read(path), "yaml").filter((text) => /^strategy:/m.test(text));

  it("are there", () => {
    expect(files.length).toBeGreaterThan(0);
  });

  it("parse without a warning", () => {
    for (const text of files) expect(parseSpec(text, path).warnings).toEqual([]);
  });
});

it("shows a whole file for every strategy", () => {
  const files = fencedBlocks(page, "yaml");
  const [releases, rollouts] = [
    files.filter(isReleaseText),
    files.filter((text) => !isReleaseText(text)),
  ];
  expect(releases.map((text) => parseRelease(text, "page").warnings)).toEqual([[]]);
  const shown = rollouts.map((text) => parseSpec(text, "page").spec.strategy);
  const kinds = shown.flatMap((strategy) => Object.keys(strategy));
  expect(kinds.sort()).toEqual(Object.keys(specProperties("strategy")).sort());
});

/** Rows about keys: key, meaning, value, default, example. */
const rows = tableRows(page).flatMap(([key, , , byDefault, example]) => {
  const path = codeOf(key);
  return path === undefined || example === undefined ? [] : [{ path, byDefault, example }];
});

it("has a row for every key, and for no other", () => {
  const keys = keysOf(specJsonSchema(), "");
  expect(keys.length).toBeGreaterThan(50);
  // A key that only holds others may do without a row of its own.
  const holders = new Set(
    keys.flatMap((key) => key.split(".").map((_, end, parts) => parts.slice(0, end).join("."))),
  );
  const named = rows.map(({ path }) => path);
  const isHolder = (key: string) => holders.has(key) || holders.has(`${key}[]`);
  expect(keys.filter((key) => !named.includes(key) && !isHolder(key))).toEqual([]);
  expect(named.filter((path) => !keys.includes(path))).toEqual([]);
});

it.each(rows)("has an example for $path that the parser takes", ({ path, example }) => {
  const text = codeOf(example);
  expect(text).toBeDefined();
  const { spec, findings } = checkSpec(specWith(path, text));
  expect(findings.filter(({ severity }) => severity === "problem")).toEqual([]);
  expect(spec).not.toEqual(checkSpec(specWith("bake", undefined)).spec);
});

const withDefault = rows.filter(({ byDefault }) => codeOf(byDefault) !== undefined);

it("names defaults", () => {
  expect(withDefault.length).toBeGreaterThan(15);
});

it.each(withDefault)("names the default of $path: $byDefault", ({ path, byDefault }) => {
  const given = checkSpec(specWith(path, codeOf(byDefault))).spec;
  expect(given).toBeDefined();
  // A bake of 0s is no bake, and the parser keeps the difference.
  const { bake = 0, ...left } = checkSpec(specWith(path, undefined)).spec ?? {};
  expect({ bake, ...given }).toEqual({ bake, ...left });
});

const required = rows.filter(({ byDefault }) => byDefault === "required");

it.each(required)("calls $path required, and it is", ({ path }) => {
  expect(isRequired(path)).toBe(true);
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
}

/** "checks[].metric.cloudWatch.namespace", for every key at any depth. */
function keysOf(schema: Schema, above: string): readonly string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const path = `${above}${name}`;
    return [path].concat(keysOf(inner, `${path}.`));
  });
  const forms = (schema.anyOf ?? []).flatMap((form) => keysOf(form, above));
  const items = schema.items === undefined ? [] : keysOf(schema.items, `${above.slice(0, -1)}[].`);
  return [...own, ...forms, ...items];
}

/** The schema of the mapping that holds the key at the end of `path`. */
function holderOf(path: string): Schema | undefined {
  let schema: Schema | undefined = specJsonSchema();
  for (const part of path.split(".").slice(0, -1)) {
    const name = part.replace("[]", "");
    const next: Schema | undefined = formWith(schema, name)?.properties?.[name];
    schema = part === name ? next : next?.items;
  }
  return formWith(schema, path.split(".").at(-1) ?? "");
}

function formWith(schema: Schema | undefined, name: string): Schema | undefined {
  return [schema, ...(schema?.anyOf ?? [])].find((form) => form?.properties?.[name] !== undefined);
}

function isRequired(path: string): boolean {
  return holderOf(path)?.required?.includes(path.split(".").at(-1) ?? "") ?? false;
}

function specProperties(name: string): Readonly<Record<string, Schema>> {
  const whole: Schema = specJsonSchema();
  return whole.properties?.[name]?.properties ?? {};
}
