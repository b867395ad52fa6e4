import type { Style } from "./terminal/style.ts";

/** One `--option` of a command, or one positional argument. */
export type OptionSpec = {
  readonly help: string;
  /** Shown in help: `--port <port>`. */
  readonly value?: string;
} & (
  | { readonly type: "string"; readonly default?: string; readonly repeats?: false }
  | { readonly type: "boolean" }
  | {
      readonly type: "number";
      readonly default?: number;
      readonly min?: number;
      readonly max?: number;
    }
  /** A time such as "90s" or "5m", given to the command in milliseconds. */
  | { readonly type: "duration"; readonly defaultMs?: number }
  /** May be given more than once. */
  | { readonly type: "list" }
  | { readonly type: "choice"; readonly choices: readonly string[]; readonly default?: string }
);

export type OptionTable = Readonly<Record<string, OptionSpec>>;

type ValueOf<Spec extends OptionSpec> = Spec extends { type: "boolean" }
  ? boolean
  : Spec extends { type: "list" }
    ? readonly string[]
    : Spec extends { type: "number" } | { type: "duration" }
      ? Spec extends { default: number } | { defaultMs: number }
        ? number
        : number | undefined
      : Spec extends { default: string }
        ? string
        : string | undefined;

export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table]: ValueOf<Table[Name]>;
};

export interface ArgumentSpec {
  /** As shown in help: "rollout". */
  readonly name: string;
  readonly help: string;
  readonly required: boolean;
}

/** The options that every command takes. */
export interface Globals {
  readonly endpointUrl: string | undefined;
  readonly region: string | undefined;
  readonly profile: string | undefined;
  readonly json: boolean;
  readonly yes: boolean;
  /** How long the command may take in all, milliseconds. */
  readonly timeoutMs: number | undefined;
}

/** What a command is given beside its options. */
export interface Invocation {
  readonly globals: Globals;
  readonly arguments: readonly string[];
  readonly style: Style;
  /** For progress; the result itself is returned, and printed by the caller. */
  readonly progress: Progress;
  /** Aborted by Ctrl-C and by `--timeout`. */
  readonly signal: AbortSignal;
}

/** Where a command that takes time says how far it is. Silent with `--json`. */
export interface Progress {
  /** A line that stays. */
  line(text: string): void;
  /** Redraws the live view on a terminal; nothing elsewhere. */
  live(lines: readonly string[]): void;
  /** Whether somebody sees the live view. */
  readonly isLive: boolean;
}

export interface Outcome<Value> {
  readonly value: Value;
  readonly exitCode?: number;
}

/** A command is data: it returns data, and printing is separate, so `--json` and the text agree. */
export interface Command<Table extends OptionTable = OptionTable, Value = unknown> {
  /** "local start" */
  readonly path: string;
  readonly description?: string;
  readonly examples: readonly (readonly [command: string, what: string])[];
  readonly arguments?: readonly ArgumentSpec[];
  readonly options: Table;
  /** Never prints its result. */
  run(options: OptionValues<Table>, invocation: Invocation): Promise<Outcome<Value>>;
  /** The lines for people. Never fetches. */
  render(value: Value, style: Style): readonly string[];
}

/** Ties the types of options, result and rendering together. */
export function defineCommand<const Table extends OptionTable, Value>(
  command: Command<Table, Value>,
): Command<Table, Value> {
  return command;
}
