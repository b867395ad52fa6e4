import {
  type HookCall,
  type HookOutcome,
  type PreflightFinding,
  RolloutError,
} from "@headgate/core";
import { ok, problem } from "../preflight.ts";

/** Looks at what the platform says of a version's capacity: one finding for each thing looked at. */
export type CapacityLook = (call: HookCall["input"]) => Promise<readonly PreflightFinding[]>;

const NOT_OFFERED = "this kind of target has no capacity to look at";

/** Passes when nothing that was looked at is a problem. */
export async function runCapacity(
  look: CapacityLook | undefined,
  { input }: HookCall,
): Promise<HookOutcome> {
  if (look === undefined) return { verdict: "error", detail: NOT_OFFERED };
  try {
    const findings = await look(input);
    const problems = findings.filter(({ outcome }) => outcome === "problem");
    const said = (problems.length > 0 ? problems : findings).map(
      ({ check, detail }) => `${check}: ${detail}`,
    );
    return { verdict: problems.length > 0 ? "fail" : "pass", detail: said.join("; ") };
  } catch (error) {
    if (!(error instanceof RolloutError)) throw error;
    return { verdict: "error", detail: error.message };
  }
}

export function lookAtCapacity(look: CapacityLook | undefined, check: string): PreflightFinding {
  if (look !== undefined) return ok(check, "the platform is asked when the hook runs");
  return { check, ...problem(NOT_OFFERED, "Leave the hook out, or give a command of your own.") };
}
