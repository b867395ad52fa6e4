import type { HookCall, HookOutcome, HookRunner, PreflightFinding } from "@headgate/core";
import type { AwsClients } from "../aws/clients.ts";
import type { AwsRunner } from "../aws/runner.ts";
import { lookAtCommand, runCommand } from "./command.ts";
import { callUrl, lookAtUrl } from "./http.ts";
import { invokeHook, lookAtFunction } from "./lambda.ts";

export interface HooksOptions {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  /** What a command inherits, HEADGATE_* added. Default: this process's own environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where a command runs. Default: this process's working directory. */
  readonly workingDirectory?: string | undefined;
}

/** Asks hooks. Never throws for what a hook or its way does: that is an outcome, `error`. */
export function hookRunner(options: HooksOptions): HookRunner {
  return {
    async run(call): Promise<HookOutcome> {
      const { target } = call;
      switch (target.kind) {
        case "lambda":
          return invokeHook(options, call, target.functionName);
        case "http":
          return callUrl(call, target.url);
        case "command":
          return runCommand(options, call, target.argv);
        default:
          return target satisfies never;
      }
    },
    preflight: (calls) => Promise.all(calls.map((call) => lookAtHook(options, call))),
  };
}

async function lookAtHook(options: HooksOptions, call: HookCall): Promise<PreflightFinding> {
  const { target, name } = call;
  const check = `hook ${name} exists`;
  switch (target.kind) {
    case "lambda":
      return lookAtFunction(options, check, target.functionName);
    case "http":
      return lookAtUrl(check, target.url);
    case "command":
      return lookAtCommand(options, check, target.argv);
    default:
      return target satisfies never;
  }
}
