import type { OperatorResult } from "../session/operate.ts";
import type { Style } from "../terminal/style.ts";
import { renderResult } from "./result-view.ts";

/** What an operator's command ends with. */
export function renderOperator(result: OperatorResult, style: Style): string[] {
  if (!result.handedOver) return renderResult(result, style);
  return [
    `${style.bold(result.name)}  accepted: ${result.phase}, ${result.before} -> ${result.after}`,
    `  the process that runs the rollout goes on with it; watch with \`headgate status --watch\``,
  ];
}
