import type { Command } from "../command.ts";

/** A command before it is loaded: starting one command must not load the code of all. */
export interface CommandEntry {
  readonly path: string;
  readonly summary: string;
  /** Under which heading `headgate --help` lists it. */
  readonly group: "Try it" | "Release" | "Look" | "Act" | "Local cloud" | "Set up";
  load(): Promise<Command>;
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    path: "init",
    summary: "Write a first headgate.yaml",
    group: "Set up",
    load: async () => (await import("./init.ts")).init,
  },
  {
    path: "lint",
    summary: "Check headgate.yaml without asking AWS",
    group: "Set up",
    load: async () => (await import("./lint.ts")).lint,
  },
  {
    path: "schema",
    summary: "Print the JSON schema of headgate.yaml",
    group: "Set up",
    load: async () => (await import("./schema.ts")).schema,
  },
  {
    path: "completion",
    summary: "Print completions for bash, zsh or fish",
    group: "Set up",
    load: async () => (await import("./completion.ts")).completion,
  },
  {
    path: "local start",
    summary: "Start the local AWS-compatible cloud",
    group: "Local cloud",
    load: async () => (await import("./local/start.ts")).localStart,
  },
  {
    path: "local stop",
    summary: "Stop a running local cloud",
    group: "Local cloud",
    load: async () => (await import("./local/stop.ts")).localStop,
  },
  {
    path: "local status",
    summary: "Say whether a local cloud runs, and what it has loaded",
    group: "Local cloud",
    load: async () => (await import("./local/status.ts")).localStatus,
  },
  {
    path: "local reset",
    summary: "Forget everything in a local cloud",
    group: "Local cloud",
    load: async () => (await import("./local/reset.ts")).localReset,
  },
  {
    path: "local advance",
    summary: "Move the virtual clock of a local cloud forward",
    group: "Local cloud",
    load: async () => (await import("./local/advance.ts")).localAdvance,
  },
];
