import {
  nearest,
  PEER_RULES,
  type PeerRuleName,
  REPLAY_DEFAULTS,
  type ReplaySettings,
  RolloutError,
} from "@headgate/core";
import { defineCommand } from "../command.ts";
import { readRecording } from "../recording/read-recording.ts";
import { renderReplay, type ReplayView, runView } from "../views/replay-view.ts";

const { alpha, beta, tolerance } = REPLAY_DEFAULTS;

export const replay = defineCommand({
  path: "replay",
  description:
    "Reads a recording, one bucket a line, and says when the comparison of errors would have turned back or promoted " +
    "each of its runs. Asks AWS nothing.",
  examples: [
    ["headgate replay runs.jsonl", "What would Headgate have done?"],
    ["headgate replay runs.jsonl --rules all", "And CodeDeploy, Flagger, Argo Rollouts, Kayenta?"],
    ["headgate record | headgate replay - --trace", "The newest rollout again, bucket by bucket"],
  ],
  arguments: [{ name: "file", help: "The recording; - for standard input", required: true }],
  options: {
    rho: {
      type: "number",
      value: "ratio",
      help: "The canary may fail this many times as often as stable",
      default: tolerance.ratio,
    },
    delta: {
      type: "number",
      value: "share",
      help: "And this much more on top, 0 to 1",
      default: tolerance.rate,
    },
    alpha: {
      type: "number",
      value: "chance",
      help: "Chance of turning back a canary that is not worse, above 0 and below 1",
      default: alpha,
    },
    beta: {
      type: "number",
      value: "chance",
      help: "Chance of promoting one that is worse than the margin, above 0 and below 1",
      default: beta,
    },
    lateOnset: { type: "boolean", help: "Let evidence begin to count at any minute" },
    trace: { type: "boolean", help: "Show what was known after every bucket" },
    rules: {
      type: "string",
      value: "list",
      help: `Other tools' rules: ${Object.keys(PEER_RULES).join(",")}, or all`,
    },
  },
  run: async (options, { arguments: [file = ""], signal }): Promise<{ value: ReplayView }> => {
    const settings: ReplaySettings = {
      ...REPLAY_DEFAULTS,
      alpha: chanceOf("--alpha", options.alpha),
      beta: chanceOf("--beta", options.beta),
      tolerance: { ratio: ratioOf(options.rho), rate: shareOf(options.delta) },
      lateOnset: options.lateOnset,
    };
    const asked = { rules: rulesOf(options.rules), trace: options.trace };
    const keep = { trace: asked.trace, lines: asked.rules.length > 0 };
    const runs = await readRecording(file, settings, { keep, signal });
    return { value: { file, settings, runs: runs.map((run) => runView(run, settings, asked)) } };
  },
  render: renderReplay,
});

function chanceOf(flag: string, value: number): number {
  if (value > 0 && value < 1) return value;
  throw refused(`${flag} is ${value}; it must be above 0 and below 1`, `For example ${flag} 0.01.`);
}

function ratioOf(value: number): number {
  if (value > 0 && value <= 100) return value;
  throw refused(`--rho is ${value}; it must be above 0 and at most 100`, "For example --rho 1.1.");
}

function shareOf(value: number): number {
  if (value >= 0 && value < 1) return value;
  const message = `--delta is ${value}; it must be at least 0 and below 1`;
  throw refused(message, "For example --delta 0.0005, which is 0.05%.");
}

function rulesOf(list: string | undefined): PeerRuleName[] {
  if (list === undefined) return [];
  const known = Object.keys(PEER_RULES).filter(isRule);
  if (list.trim() === "all") return known;
  return list.split(",").map((given) => {
    const name = given.trim();
    if (isRule(name)) return name;
    const near = nearest(name, known);
    const guess = near === undefined ? "" : ` Did you mean ${near}?`;
    throw refused(
      `--rules names "${name}", which is no rule; there are ${known.join(", ")}, or all`,
      `Give names with commas between them.${guess}`,
    );
  });
}

function isRule(name: string): name is PeerRuleName {
  return Object.hasOwn(PEER_RULES, name);
}

function refused(message: string, hint: string): RolloutError {
  return new RolloutError("USAGE", message, { hint });
}
