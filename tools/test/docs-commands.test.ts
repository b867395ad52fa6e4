// Protects every page that a user copies commands from: each `headgate ...` in a shell example is a command that there is,
// with flags that it has, and every link to a file or a heading leads there.
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../packages/cli/src/commands/table.ts";
import { buildProgram, findEntry } from "../../packages/cli/src/program.ts";
import { fencedBlocks } from "./support/markdown.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGES = globSync(["*.md", "docs/*.md", "examples/**/*.md", "packages/*/SPEC.md"], {
  cwd: ROOT,
  exclude: ["**/node_modules"],
}).toSorted();

it("finds the pages", () => {
  expect(PAGES).toContain("README.md");
  expect(PAGES.length).toBeGreaterThan(4);
});

/** The words after `headgate` in every line of the page's shell examples. */
function commandsOf(page: string): readonly (readonly string[])[] {
  const lines = fencedBlocks(page, "sh").flatMap((text) => text.split("\n"));
  return lines.flatMap((line) => {
    const [, call] = /^(?:npx )?headgate ([^#&>]+)/.exec(line) ?? [];
    return call === undefined ? [] : [call.trim().split(/\s+/)];
  });
}

describe("commands", () => {
  const calls = PAGES.flatMap((path) =>
    commandsOf(readFileSync(join(ROOT, path), "utf8")).map((words) => ({
      path,
      line: words.join(" "),
      words,
    })),
  );

  it("are found", () => {
    expect(calls.length).toBeGreaterThan(10);
  });

  it.each(calls)("$path: headgate $line", async ({ words }) => {
    const entry = findEntry(words);
    if (entry === undefined)
      throw new Error(`known: ${COMMANDS.map(({ path }) => path).join(", ")}`);
    const loaded = { entry, command: await entry.load() };
    const parsed: unknown[] = [];
    buildProgram(loaded, (call) => parsed.push(call)).parse([...words], { from: "user" });
    expect(parsed).toHaveLength(1);
  });
});

describe("links", () => {
  const links = PAGES.flatMap((path) =>
    [...readFileSync(join(ROOT, path), "utf8").matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(
      ([, link = ""]) => ({ path, link }),
    ),
  );

  it("are found", () => {
    expect(links.length).toBeGreaterThan(10);
  });

  it.each(links)("$path: $link", ({ path, link }) => {
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? join(ROOT, path) : join(ROOT, dirname(path), file);
    expect(existsSync(target)).toBe(true);
    const leadsThere =
      anchor === undefined || anchorsOf(readFileSync(target, "utf8")).includes(anchor);
    expect(leadsThere).toBe(true);
  });
});

/** As GitHub makes them of headings. */
function anchorsOf(page: string): readonly string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}
