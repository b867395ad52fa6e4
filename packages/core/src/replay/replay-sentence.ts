import { percentText } from "../peers/run-totals.ts";
import type { PeerCounts } from "../peers/run-totals.ts";
import type { ReplayEvidence, ReplaySettings } from "./replay-run.ts";

/** The verdict and what it rests on, in one plain sentence. */
export function replaySentence(
  { verdict, compared, stable, canary, rollbackLogE, promoteLogE, riskBound }: ReplayEvidence,
  { alpha, beta, margin }: ReplaySettings,
): string {
  if (compared === 0) return "Nothing was compared: no bucket had requests of both versions.";
  const failed = `The canary failed ${shareText(canary)} and stable ${shareText(stable)}`;
  switch (verdict) {
    case "abort":
      return `${failed}: worse than tolerated, so turn back.`;
    case "promote":
      return `${failed}: at most ${margin.ratio} times stable's rate${plusText(riskBound)}, so promote.`;
    case "inconclusive":
      return `${failed}: log E is ${rollbackLogE.toFixed(2)} of the ${Math.log(1 / alpha).toFixed(2)} to turn back and ${promoteLogE.toFixed(2)} of the ${Math.log(1 / beta).toFixed(2)} to promote.`;
    default:
      return verdict satisfies never;
  }
}

function shareText({ requests, errors }: PeerCounts): string {
  return `${errors} of ${requests} requests${requests === 0 ? "" : ` (${percentText(errors / requests)})`}`;
}

/** Two digits are enough for a bound, and a small one is not nothing. */
function plusText(bound: number): string {
  return bound === 0 ? "" : ` plus ${Number((100 * bound).toPrecision(2))}%`;
}
