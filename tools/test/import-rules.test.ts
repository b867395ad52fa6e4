// Protects the house's plan: who may import whom. A checker that read nothing fails.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { brokenRules, importsOf, PACKAGE_RULES, readImports } from "../import-rules.ts";

const ROOT = join(import.meta.dirname, "../..");

describe("the repository", () => {
  it("breaks no import rule", () => {
    expect(brokenRules(readImports(ROOT))).toEqual([]);
  });

  it("was really read: every package has imports, of its own files and of others", () => {
    const edges = readImports(ROOT);
    for (const { package: name } of PACKAGE_RULES) {
      const own = edges.filter(({ file }) => file.startsWith(`packages/${name}/src/`));
      expect(own.length, name).toBeGreaterThan(10);
    }
  });
});

describe("a planted violation is found", () => {
  const scratch: string[] = [];
  afterEach(() => {
    for (const directory of scratch.splice(0)) rmSync(directory, { recursive: true });
  });

  const repository = (files: Readonly<Record<string, string>>): string => {
    const root = mkdtempSync(join(tmpdir(), "headgate-imports-"));
    scratch.push(root);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return root;
  };

  it.each([
    ["core", 'import { readFileSync } from "node:fs";', "may import only zod, yaml"],
    ["core", 'import type { Clock } from "@headgate/controller";', "which core must not"],
    ["drivers", 'const cloud = await import("@headgate/local-cloud");', "which drivers must not"],
    ["controller", 'export * from "@headgate/drivers";', "which controller must not"],
    ["local-cloud", 'import {\n  decide,\n} from "@headgate/core";', "which local-cloud must not"],
    ["cli", 'import { startLocalCloud } from "@headgate/local-cloud";', "lazily"],
    ["cli", 'import "../../core/src/index.ts";', "reaches out of its package"],
  ])("in %s: %s", (name, line, problem) => {
    const root = repository({ [`packages/${name}/src/planted.ts`]: line });
    expect(brokenRules(readImports(root))).toEqual([expect.stringContaining(problem)]);
  });

  it("between two services of the local cloud", () => {
    const root = repository({
      "packages/local-cloud/src/services/iam/roles.ts":
        'import { invoke } from "../lambda/invoke.ts";',
    });
    expect(brokenRules(readImports(root))).toEqual([
      expect.stringContaining("imports the service lambda"),
    ]);
  });

  it("when there is nothing to read", () => {
    const root = repository({ "packages/core/src/readme.txt": "" });
    expect(() => readImports(root)).toThrow("holds no TypeScript files");
  });

  it("when a package has no rule", () => {
    const root = repository({ "packages/extra/src/index.ts": "" });
    expect(() => readImports(root)).toThrow("has no import rule");
  });
});

it("reads every form of import", () => {
  const source = `
    import a from "one";
    import type { B } from "two";
    import { c,
      d } from "three";
    export { e } from "four";
    import "five";
    const f = await import("six");`;
  const found = importsOf(source);
  expect(found.map(({ specifier }) => specifier)).toEqual([
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
  ]);
  const lazy = found.filter(({ isLazy }) => isLazy);
  expect(lazy.map(({ specifier }) => specifier)).toEqual(["two", "six"]);
});
