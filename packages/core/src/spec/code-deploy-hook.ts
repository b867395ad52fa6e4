import type { HookPoint } from "./hook.ts";
import type { RolloutSpec } from "./schema.ts";

/**
 * So long CodeDeploy waits for a function's report, no shorter and no longer. Source: AWS docs, AppSpec 'hooks' section.
 */
export const CODE_DEPLOY_HOOK_MS = 3_600_000;

/** The lifecycle event of a deployment that belongs to a point of a rollout. Source: AWS docs, AppSpec 'hooks' section. */
const EVENTS = {
  beforeInstall: "BeforeInstall",
  afterInstall: "AfterInstall",
  afterTestTraffic: "AfterAllowTestTraffic",
  beforeTraffic: "BeforeAllowTraffic",
  step: undefined,
  afterTraffic: "AfterAllowTraffic",
} as const satisfies Record<HookPoint, string | undefined>;

export type CodeDeployEvent = Exclude<(typeof EVENTS)[HookPoint], undefined>;

/** A function that CodeDeploy invokes during a deployment of Headgate's, and that reports to CodeDeploy. */
export interface CodeDeployHook {
  /** In headgate.yaml. */
  readonly name: string;
  readonly event: CodeDeployEvent;
  readonly functionName: string;
}

export function codeDeployEventAt(point: HookPoint): CodeDeployEvent | undefined {
  return EVENTS[point];
}

/** The points at which a deployment of the platform has an event for functions. */
export function codeDeployPoints(platform: "Lambda" | "ECS"): readonly HookPoint[] {
  return platform === "Lambda"
    ? ["beforeTraffic", "afterTraffic"]
    : ["beforeInstall", "afterInstall", "afterTestTraffic", "beforeTraffic", "afterTraffic"];
}

/** The hooks that go into the AppSpec, in the file's order. */
export function codeDeployHooksOf({
  hooks,
}: Pick<RolloutSpec, "hooks">): readonly CodeDeployHook[] {
  return hooks.flatMap(({ name, when, target }) => {
    const event = EVENTS[when];
    if (target.kind !== "codeDeployFunction" || event === undefined) return [];
    return [{ name, event, functionName: target.functionName }];
  });
}
