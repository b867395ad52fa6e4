import { Argument, Command as Commander, InvalidArgumentError, Option } from "commander";
import manifest from "../package.json" with { type: "json" };
import type { Command, Globals, OptionSpec, OptionTable } from "./command.ts";
import { COMMANDS, type CommandEntry } from "./commands/table.ts";
import { parseDuration } from "@headgate/core/duration";

/** What the command line said, ready to run. */
export interface ParsedCall {
  readonly command: Command;
  readonly options: Readonly<Record<string, unknown>>;
  readonly arguments: readonly string[];
  readonly globals: Globals;
}

/** Global options that take a value: needed to tell their values from the command's words. */
const GLOBALS_WITH_VALUE = new Set(["--endpoint-url", "--region", "--profile", "--timeout"]);
/** Of the longest command: "local image build". */
const MOST_WORDS = 3;
/** Every global option, for completion. */
export const GLOBAL_FLAGS = [...GLOBALS_WITH_VALUE, "--json", "--yes", "--help"] as const;

/**
 * The entry that the command line names, the longest match of its words. Undefined for help, for a
 * group alone, and for words that name nothing.
 */
export function findEntry(argv: readonly string[]): CommandEntry | undefined {
  const words: string[] = [];
  for (let index = 0; index < argv.length && words.length < MOST_WORDS; index++) {
    const token = argv[index] ?? "";
    if (GLOBALS_WITH_VALUE.has(token)) index++;
    else if (!token.startsWith("-")) words.push(token);
  }
  const starts = words.map((_word, index) => words.slice(0, words.length - index).join(" "));
  return starts
    .map((start) => COMMANDS.find(({ path }) => path === start))
    .find((entry) => entry !== undefined);
}

/**
 * Builds the parser. Only `loaded`, the command that will run, has its options; the others are names
 * and summaries, which is all that help shows of them.
 */
export function buildProgram(
  loaded: { readonly entry: CommandEntry; readonly command: Command } | undefined,
  onCall: (call: ParsedCall) => void,
): Commander {
  const program = new Commander("headgate")
    .description(
      "Progressive delivery for AWS: give a new version a little traffic, compare, finish or take it out.",
    )
    .version(manifest.version, "--version", "Print the version")
    .helpOption("-h, --help", "Show help")
    .helpCommand("help [command]", "Show help of a command")
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  for (const option of globalOptions()) program.addOption(option);
  const groups = new Map<string, Commander>();
  for (const entry of COMMANDS) {
    const parent = parentOf(program, groups, entry);
    const name = entry.path.split(" ").at(-1) ?? entry.path;
    const sub = parent
      .command(name)
      .summary(entry.summary)
      .description(entry.summary)
      .exitOverride();
    sub.helpGroup(`${entry.group}:`);
    if (loaded?.entry === entry) fill(program, sub, loaded.command, entry, onCall);
  }
  return program;
}

function parentOf(
  program: Commander,
  groups: Map<string, Commander>,
  entry: CommandEntry,
): Commander {
  const nouns = entry.path.split(" ").slice(0, -1);
  let parent = program;
  for (const [index, noun] of nouns.entries()) {
    const path = nouns.slice(0, index + 1).join(" ");
    const group = groups.get(path) ?? parent.command(noun).exitOverride();
    const { summary, description } = GROUPS[path] ?? { summary: path, description: path };
    group.summary(summary).description(description).helpGroup(`${entry.group}:`);
    groups.set(path, group);
    parent = group;
  }
  return parent;
}

/** What help says of the words that are no command by themselves. */
const GROUPS: Readonly<Record<string, { readonly summary: string; readonly description: string }>> =
  {
    local: {
      summary: "Run the local AWS-compatible cloud",
      description: "start, stop, status, reset, advance, image: the local AWS-compatible cloud",
    },
    "local image": {
      summary: "Put container images into the local cloud",
      description: "build: container images of the local cloud",
    },
  };

function fill(
  program: Commander,
  sub: Commander,
  command: Command,
  entry: CommandEntry,
  onCall: (call: ParsedCall) => void,
): void {
  sub.description([`${entry.summary}.`, command.description].filter(Boolean).join(" "));
  for (const { name, help, required } of command.arguments ?? []) {
    sub.addArgument(new Argument(required ? `<${name}>` : `[${name}]`, help));
  }
  for (const option of commandOptions(command.options)) sub.addOption(option);
  sub.addHelpText("after", examplesOf(command));
  sub.action(() => {
    onCall({
      command,
      options: { ...emptyOptions(command.options), ...sub.opts() },
      arguments: sub.args,
      globals: readGlobals(program),
    });
  });
}

function examplesOf(command: Command): string {
  const lines = command.examples.map(([line, what]) => `  $ ${line}\n      ${what}`);
  return lines.length === 0 ? "" : `\nExamples:\n${lines.join("\n")}`;
}

function globalOptions(): Option[] {
  return [
    new Option("--endpoint-url <url>", "AWS endpoint to use; also AWS_ENDPOINT_URL"),
    new Option("--region <region>", "AWS region; also AWS_REGION"),
    new Option("--profile <name>", "Profile of the AWS configuration files"),
    new Option("--json", "Print the result as JSON"),
    new Option("-y, --yes", "Do not ask, do it"),
    new Option("--timeout <time>", "Give up after this time, such as 30m").argParser(durationOf),
  ];
}

function readGlobals(program: Commander): Globals {
  const given = program.opts<{
    endpointUrl?: string;
    region?: string;
    profile?: string;
    json?: boolean;
    yes?: boolean;
    timeout?: number;
  }>();
  return {
    endpointUrl: given.endpointUrl,
    region: given.region,
    profile: given.profile,
    json: given.json === true,
    yes: given.yes === true,
    timeoutMs: given.timeout,
  };
}

function commandOptions(table: OptionTable): Option[] {
  return Object.entries(table).map(([name, spec]) => commandOption(flagOf(name), spec));
}

function commandOption(flag: string, spec: OptionSpec): Option {
  switch (spec.type) {
    case "boolean":
      return new Option(flag, spec.help);
    case "string":
      return withDefault(new Option(`${flag} <${spec.value ?? "text"}>`, spec.help), spec.default);
    case "list":
      return new Option(`${flag} <${spec.value ?? "text"}>`, spec.help).argParser(
        (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
      );
    case "choice":
      return withDefault(
        new Option(`${flag} <${spec.value ?? "choice"}>`, spec.help).choices(spec.choices),
        spec.default,
      );
    case "number":
      return withDefault(
        new Option(`${flag} <${spec.value ?? "number"}>`, spec.help).argParser((text) =>
          numberOf(text, spec),
        ),
        spec.default,
      );
    case "duration":
      return withDefault(
        new Option(`${flag} <${spec.value ?? "time"}>`, spec.help).argParser(durationOf),
        spec.defaultMs,
      );
    default:
      return spec satisfies never;
  }
}

function withDefault(option: Option, value: string | number | undefined): Option {
  return value === undefined ? option : option.default(value);
}

/** Options that were not given are present as undefined (or false): a command reads them by name. */
function emptyOptions(table: OptionTable): Record<string, unknown> {
  return Object.fromEntries(Object.entries(table).map(([name, { type }]) => [name, emptyOf(type)]));
}

function emptyOf(type: OptionSpec["type"]): unknown {
  if (type === "boolean") return false;
  return type === "list" ? [] : undefined;
}

/** "--data-dir" for `dataDir`. */
export function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function durationOf(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined)
    throw new InvalidArgumentError('It must be a time such as "90s", "5m" or "1h30m".');
  return ms;
}

function numberOf(
  text: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { readonly min?: number; readonly max?: number },
): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < min || value > max) {
    throw new InvalidArgumentError(
      max === Number.MAX_SAFE_INTEGER
        ? `It must be a number, ${min} or more.`
        : `It must be a number from ${min} to ${max}.`,
    );
  }
  return value;
}
