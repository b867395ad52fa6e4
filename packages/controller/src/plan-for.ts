import { planOf, timesOf } from "@headgate/core";
import type {
  Barrier,
  PreflightFinding,
  RolloutSpec,
  Step,
  StepTimes,
  TargetDescription,
} from "@headgate/core";

import type { Drivers } from "./drivers.ts";
import type { Journal } from "./journal/journal.ts";
import { preflight } from "./preflight.ts";

/** What `deploy` would do, with what it would find first. */
export interface RolloutPlan {
  readonly target?: TargetDescription;
  readonly steps: readonly { readonly step: Step; readonly times: StepTimes }[];
  readonly findings: readonly PreflightFinding[];
}

/** Changes nothing. `journal` only to see whether a rollout runs already; `barriers` of a target of a release. */
export async function planFor(
  spec: RolloutSpec,
  drivers: Drivers,
  journal?: Journal,
  barriers: readonly Barrier[] = [],
): Promise<RolloutPlan> {
  const plan = planOf(spec, barriers);
  const times = timesOf(plan);
  const steps = plan.map((step, index) => ({
    step,
    times: times[index] ?? { startMs: 0, endMs: 0 },
  }));
  return { ...(await preflight(spec, drivers, journal)), steps };
}
