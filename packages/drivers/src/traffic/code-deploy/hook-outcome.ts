import {
  type CodeDeployHook,
  ERRORS,
  type HookCall,
  type HookOutcome,
  RolloutError,
} from "@headgate/core";
import type { Clock } from "../../clock.ts";
import type { DeployApi } from "./deploy-api.ts";
import { descriptionOf, readDeployments } from "./deployment.ts";
import { describeHook, eventsOf } from "./hook-events.ts";

/** A traffic driver that also knows what CodeDeploy heard of the hooks that it asked. */
export interface AskedByCodeDeploy {
  hookOutcome(call: HookCall): Promise<HookOutcome>;
}

/** Between two looks at a deployment whose function may take an hour: soon at first, later less often. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;
const CALL_MS = 15_000;

/**
 * Waits until the deployment of the call's two versions knows what became of the hook. Asks nobody but CodeDeploy: its
 * function is never invoked from here.
 */
export async function hookOutcome(
  parts: {
    readonly api: DeployApi;
    readonly clock: Clock;
    readonly subject: string;
    readonly hooks: readonly CodeDeployHook[];
  },
  call: HookCall,
): Promise<HookOutcome> {
  const { clock, hooks } = parts;
  const hook = hooks.find(({ name }) => name === call.name);
  if (hook === undefined) return error(`hook ${call.name} is in no AppSpec of this rollout`);
  const endMs = clock.nowMs() + call.timeoutMs;
  let lack = "nothing was heard of it";
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)) {
    try {
      const seen = await look(parts, hook, call);
      if (typeof seen !== "string") return seen;
      lack = seen;
    } catch (thrown) {
      if (!(thrown instanceof RolloutError)) throw thrown;
      if (ERRORS[thrown.code].retry === "never") return error(thrown.message);
      lack = thrown.message;
    }
    if (clock.nowMs() + pauseMs > endMs) {
      return error(
        `${describeHook(hook)} is not over after ${call.timeoutMs / 60_000} min: ${lack}`,
      );
    }
    await clock.sleep(pauseMs);
  }
}

/** @returns what is known by now, in words, while it is not over. */
async function look(
  { api, subject }: Parameters<typeof hookOutcome>[0],
  hook: CodeDeployHook,
  { input: { stable, canary = "" } }: HookCall,
): Promise<HookOutcome | string> {
  const limits = { deadlineMs: CALL_MS };
  const { own } = await readDeployments(api, subject, limits);
  if (own?.description !== descriptionOf(subject, stable, canary)) {
    return error(`CodeDeploy has no deployment from ${stable} to ${canary} that could ask it`);
  }
  const events = eventsOf(await api.target(own.id, limits));
  const event = events.find(({ lifecycleEventName }) => lifecycleEventName === hook.event);
  const told = describeHook(hook);
  switch (event?.status) {
    case "Succeeded":
      return { verdict: "pass", detail: `${told} reported Succeeded in deployment ${own.id}` };
    case "Failed": {
      const why = own.error === undefined ? "" : `: ${own.error.code}, ${own.error.message}`;
      return { verdict: "fail", detail: `${told} did not pass in deployment ${own.id}${why}` };
    }
    case "Skipped":
      return error(`${told} was left out by deployment ${own.id}`);
    default:
      if (own.isRunning) return `deployment ${own.id} is ${own.status}, ${hook.event} not over`;
      return error(`deployment ${own.id} is ${own.status}, and ${told} was not heard`);
  }
}

function error(detail: string): HookOutcome {
  return { verdict: "error", detail };
}
