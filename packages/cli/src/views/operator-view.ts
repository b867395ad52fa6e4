import type { OperatorResult } from "../session/operate.ts";
import type { ReleaseOperated } from "../session/operate-release.ts";
import type { Style } from "../terminal/style.ts";
import { renderRelease } from "./release-view.ts";
import { renderResult } from "./result-view.ts";

/** What an operator's command ends with. */
export function renderOperator(result: OperatorResult | ReleaseOperated, style: Style): string[] {
  if ("targets" in result) {
    if (!result.handedOver) return renderRelease(result, style);
    return [
      `${style.bold(result.name)}  accepted: the last target turns back first, the others follow`,
      `  the process that runs the release goes on with it; watch with \`headgate status ${result.name} --watch\``,
    ];
  }
  if (!result.handedOver) return renderResult(result, style);
  return [
    `${style.bold(result.name)}  accepted: ${result.phase}, ${result.before} -> ${result.after}`,
    `  the process that runs the rollout goes on with it; watch with \`headgate status --watch\``,
  ];
}
