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
    path: "demo",
    summary: "See it all in a minute, without an account",
    group: "Try it",
    load: async () => (await import("./demo.ts")).demo,
  },
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
    path: "plan",
    summary: "Show what a rollout would do, and what stands in its way",
    group: "Release",
    load: async () => (await import("./plan.ts")).plan,
  },
  {
    path: "deploy",
    summary: "Release a new version",
    group: "Release",
    load: async () => (await import("./deploy.ts")).deploy,
  },
  {
    path: "rollback",
    summary: "Go back to the version that served before",
    group: "Release",
    load: async () => (await import("./rollback.ts")).rollback,
  },
  {
    path: "status",
    summary: "Show where a rollout is",
    group: "Look",
    load: async () => (await import("./status.ts")).status,
  },
  {
    path: "history",
    summary: "List rollouts, or all that happened to one",
    group: "Look",
    load: async () => (await import("./history.ts")).history,
  },
  {
    path: "why",
    summary: "Explain every decision with its evidence",
    group: "Look",
    load: async () => (await import("./why.ts")).why,
  },
  {
    path: "record",
    summary: "Write what both versions did, a line for each bucket",
    group: "Look",
    load: async () => (await import("./record.ts")).record,
  },
  {
    path: "replay",
    summary: "Show what Headgate, and other tools, would have done with a recording",
    group: "Look",
    load: async () => (await import("./replay.ts")).replay,
  },
  {
    path: "promote",
    summary: "Go on without waiting",
    group: "Act",
    load: async () => (await import("./promote.ts")).promote,
  },
  {
    path: "pause",
    summary: "Hold the rollout where it is",
    group: "Act",
    load: async () => (await import("./pause.ts")).pause,
  },
  {
    path: "resume",
    summary: "Go on with a rollout that is paused, waits for approval, or was interrupted",
    group: "Act",
    load: async () => (await import("./resume.ts")).resume,
  },
  {
    path: "abort",
    summary: "Send all traffic back to the stable version",
    group: "Act",
    load: async () => (await import("./abort.ts")).abort,
  },
  {
    path: "retry",
    summary: "Begin a rolled-back rollout again",
    group: "Act",
    load: async () => (await import("./retry.ts")).retry,
  },
  {
    path: "dashboard put",
    summary: "Put a CloudWatch dashboard of a target, or of a release",
    group: "Set up",
    load: async () => (await import("./dashboard/put.ts")).dashboardPut,
  },
  {
    path: "alarms put",
    summary: "Put CloudWatch alarms that are sized by the traffic there was",
    group: "Set up",
    load: async () => (await import("./alarms/put.ts")).alarmsPut,
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
  {
    path: "local image build",
    summary: "Pack a folder into a container image, and push it to the local cloud",
    group: "Local cloud",
    load: async () => (await import("./local/image-build.ts")).localImageBuild,
  },
];
