import { formatDuration } from "../duration.ts";
import { CODE_DEPLOY_HOOK_MS, codeDeployEventAt, codeDeployPoints } from "./code-deploy-hook.ts";
import type { HookSpec, RolloutSpec } from "./schema.ts";
import type { SemanticFinding, SpecPath } from "./semantics.ts";
import { viaOf } from "./via.ts";

/** Functions that were written for ECS or CodeDeploy are asked only where there is what they are told about. */
export function hookProtocolFindings(spec: RolloutSpec): readonly SemanticFinding[] {
  return spec.hooks.flatMap((hook, index) => {
    const path = ["hooks", index];
    if (hook.target.kind === "ecsFunction") return ecsFindings(spec, path);
    if (hook.target.kind === "codeDeployFunction") return codeDeployFindings(spec, hook, path);
    return [];
  });
}

/** Its event is about a service and its revisions: made up for another target it would be a lie. */
function ecsFindings({ target }: RolloutSpec, path: SpecPath): SemanticFinding[] {
  if (target.ecs !== undefined) return [];
  const message =
    "protocol ecs tells a function about a deployment of an ECS service, and this target is none: use protocol: headgate, whose answer may be ECS's too";
  return [problem([...path, "lambda", "protocol"], message)];
}

function codeDeployFindings(spec: RolloutSpec, hook: HookSpec, path: SpecPath): SemanticFinding[] {
  if (viaOf(spec.target) === undefined) return [problem([...path, "lambda", "protocol"], NO_VIA)];
  return [
    ...pointFindings(spec, hook, path),
    ...(hook.deadline === CODE_DEPLOY_HOOK_MS
      ? []
      : [
          problem(
            [...path, "deadline"],
            `CodeDeploy waits ${formatDuration(CODE_DEPLOY_HOOK_MS)} for the function's report and cannot be told otherwise: leave the deadline out`,
          ),
        ]),
    ...(hook.reversible
      ? []
      : [
          problem(
            [...path, "reversible"],
            "CodeDeploy itself ends a deployment whose function fails: what cannot be undone belongs into a hook of protocol headgate",
          ),
        ]),
  ];
}

const NO_VIA =
  "protocol codeDeploy needs target.lambda.via or target.ecs.via: the function reports to a deployment of CodeDeploy, and this target has none. Release by via.codeDeploy, or give a function that returns its verdict (protocol: headgate)";

/** An AppSpec has one function for each event, and only events that its platform knows. */
function pointFindings(
  { hooks, target }: RolloutSpec,
  hook: HookSpec,
  path: SpecPath,
): SemanticFinding[] {
  const platform = target.lambda === undefined ? "ECS" : "Lambda";
  const points = codeDeployPoints(platform);
  if (!points.includes(hook.when)) {
    const known = points.map((point) => `${point} (${codeDeployEventAt(point)})`).join(", ");
    const message = `CodeDeploy asks no function at ${hook.when} in a deployment of ${platform}; it does at ${known}`;
    return [problem([...path, "when"], message)];
  }
  const first = hooks.find(
    ({ when, target: { kind } }) => when === hook.when && kind === "codeDeployFunction",
  );
  if (first === undefined || first.name === hook.name) return [];
  const message = `an AppSpec has one function for ${codeDeployEventAt(hook.when)}, and hook "${first.name}" is it: let one of the two functions invoke the other, or ask it by protocol: headgate`;
  return [problem([...path, "when"], message)];
}

function problem(path: SpecPath, message: string): SemanticFinding {
  return { path, severity: "problem", message };
}
