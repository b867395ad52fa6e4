import { argo } from "./argo.ts";
import { codeDeployAlarm } from "./codedeploy-alarm.ts";
import { flagger } from "./flagger.ts";
import { kayenta } from "./kayenta.ts";
import type { PeerBucket, PeerVerdict } from "./run-totals.ts";

interface PeerRule {
  /** The tool and its setting, for people. */
  readonly title: string;
  /** Pure, and fast enough for thousands of generated runs. Its options begin at the tool's own defaults. */
  judge(buckets: readonly PeerBucket[]): PeerVerdict;
}

/** What other tools would have done with a run. */
export const PEER_RULES = {
  "codedeploy-alarm": {
    title: "AWS CodeDeploy, alarm on more than 10 errors in each of 3 minutes",
    judge: codeDeployAlarm,
  },
  flagger: { title: "Flagger, success rate of 99% by the minute, threshold 1", judge: flagger },
  argo: {
    title: "Argo Rollouts, success rate of 95% every 5 minutes, failureLimit 3",
    judge: argo,
  },
  kayenta: {
    title: "Spinnaker Kayenta, Mann-Whitney at 98% after 5 and 9 minutes",
    judge: kayenta,
  },
} as const satisfies Record<string, PeerRule>;

export type PeerRuleName = keyof typeof PEER_RULES;
