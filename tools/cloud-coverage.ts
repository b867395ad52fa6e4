/**
 * Writes docs/cloud-coverage.md: which AWS operations the local cloud has out of all that the SDK
 * knows, and everything that its sources mark as guessed.
 *
 *   node tools/cloud-coverage.ts
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { createCloud } from "../packages/local-cloud/src/cloud.ts";
import { PROTOCOLS } from "../packages/local-cloud/src/model/protocols.ts";
import { SCHEMAS } from "../packages/local-cloud/src/model/sdk.ts";
import { seededRandom, virtualClock } from "../packages/local-cloud/src/index.ts";
import { SERVICES, type ServiceName } from "../packages/local-cloud/src/services/registry.ts";
import { openStore } from "../packages/local-cloud/src/storage/sqlite-store.ts";

const ROOT = join(import.meta.dirname, "..");
const SOURCES = join(ROOT, "packages/local-cloud/src");
export const PAGE = join(ROOT, "docs/cloud-coverage.md");

interface ServiceCoverage {
  /** "CloudWatch Logs" */
  readonly title: string;
  readonly has: readonly string[];
  readonly lacks: readonly string[];
}

/** One sentence of the sources that marks a guess. */
export interface Guess {
  /** Relative to the local cloud's sources. */
  readonly file: string;
  readonly sentence: string;
}

/** @throws {Error} when a service has no operations: a page about nothing must not be written. */
export async function readCoverage(): Promise<ServiceCoverage[]> {
  const clock = virtualClock(0, () => {});
  const core = createCloud({
    clock,
    random: seededRandom(1),
    store: openStore(undefined),
    account: "000000000000",
    region: "us-east-1",
    endpointUrl: () => "http://127.0.0.1:4566",
    warn: () => {},
  });
  try {
    const names = Object.keys(SERVICES) as ServiceName[];
    return await Promise.all(
      names.map(async (name) => {
        const handlers = Object.keys((await core.service(name)).handlers);
        const all = await operationsOf(name);
        const has = all.filter((operation) => handlers.includes(operation));
        if (has.length === 0) throw new Error(`${name} has no operation that its SDK knows`);
        const lacks = all.filter((operation) => !handlers.includes(operation));
        return { title: PROTOCOLS[name].title, has, lacks };
      }),
    );
  } finally {
    await core.close();
  }
}

/** Every operation of the SDK's client, sorted. */
async function operationsOf(name: ServiceName): Promise<string[]> {
  const sdk = await SCHEMAS[name]?.();
  return Object.keys(sdk ?? {})
    .filter((key) => /^[A-Z]\w*Command$/.test(key))
    .map((key) => key.slice(0, -"Command".length))
    .sort();
}

/** @throws {Error} when no file was read. */
export function readGuesses(): Guess[] {
  const files = readdirSync(SOURCES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (files.length === 0) throw new Error(`${SOURCES} holds no TypeScript files`);
  return files.flatMap((path) => {
    const file = relative(SOURCES, path).replaceAll("\\", "/");
    return guessesOf(readFileSync(path, "utf8")).map((sentence) => ({ file, sentence }));
  });
}

/**
 * The sentences of a source's comments that say "Unverified". One about a text has that text with it:
 * the first string with more than one word that follows.
 */
export function guessesOf(source: string): string[] {
  return [...source.matchAll(COMMENT)].flatMap((found) => {
    const after = source.slice(found.index + found[0].length);
    return proseOf(found[0])
      .split(/(?<=[.!?])\s+(?=[A-Z"@])/)
      .filter((sentence) => sentence.includes("Unverified"))
      .map((sentence) => (sentence.includes("text") ? sentence + textAfter(after) : sentence));
  });
}

/** `//` lines that follow one another are one comment. */
const COMMENT = /\/\*[\s\S]*?\*\/|(?:^[ \t]*\/\/.*\n?)+|\/\/ .*/gm;

/** How far behind a comment the text is looked for that it speaks of. */
const NEAR_CHARACTERS = 400;

function textAfter(code: string): string {
  const strings = [...code.slice(0, NEAR_CHARACTERS).matchAll(/(["`])((?:(?!\1).)*)\1/g)];
  const text = strings
    .map(([, , content = ""]) => content)
    .find((content) => /\w \w/.test(content));
  return text === undefined ? "" : ` "${text}"`;
}

/** A comment as one line, without its marks. */
function proseOf(comment: string): string {
  return comment
    .split("\n")
    .map((line) => line.replace(/^\s*(?:\/\*\*?|\*\/|\*|\/\/)?\s?/, "").replace(/\s*\*\/$/, ""))
    .join(" ")
    .replaceAll(/\s+/g, " ")
    .trim();
}

export function pageOf(coverage: readonly ServiceCoverage[], guesses: readonly Guess[]): string {
  return [
    "# What the local cloud has",
    "",
    "Written by `npm run docs:coverage` from the sources; a test fails when it is out of date.",
    "A call to an operation that is not here answers 501 `NotImplemented` and changes nothing.",
    "",
    "| Service | Has | Of |",
    "|---|---:|---:|",
    ...coverage.map(
      ({ title, has, lacks }) => `| ${title} | ${has.length} | ${has.length + lacks.length} |`,
    ),
    "",
    ...coverage.flatMap(serviceSection),
    "## What is guessed",
    "",
    "Answers of AWS that no public source confirms, as the sources mark them.",
    "",
    ...guessLines(guesses),
    "",
  ].join("\n");
}

function serviceSection({ title, has, lacks }: ServiceCoverage): string[] {
  const missing = lacks.length === 0 ? "Nothing is missing." : `Not yet: ${lacks.join(", ")}.`;
  return [`## ${title}`, "", `Has: ${has.join(", ")}.`, "", missing, ""];
}

/** A sentence that a file says more than once is one line with its count. */
function guessLines(guesses: readonly Guess[]): string[] {
  const counts = new Map<string, number>();
  for (const { file, sentence } of guesses) {
    const line = `- \`${file}\`: ${sentence}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => (count === 1 ? line : `${line} (${count} times)`));
}

/** The page as it should be now. */
export async function currentPage(): Promise<string> {
  return pageOf(await readCoverage(), readGuesses());
}

if (import.meta.main) writeFileSync(PAGE, await currentPage());
