import type { FeedTiming } from "../analysis/timing.ts";
import { unwatchedCourse } from "../plan/course-watch.ts";
import type { RolloutSpec } from "./schema.ts";
import type { SemanticFinding, SpecPath } from "./semantics.ts";

/** As late as AWS is where nothing else is said; the drivers' own figures. Unverified: AWS documents no bound. */
const PLATFORM: FeedTiming = { resolutionMs: 60_000, lagMs: 120_000 };
const EMBEDDED: FeedTiming = { resolutionMs: 1000, lagMs: 15_000 };
const PROMETHEUS_LAG_MS = 5000;

/** CodeDeploy's moves that come before AWS's counts do. The target may be a local cloud, which counts at once. */
export function intervalFindings(spec: RolloutSpec): readonly SemanticFinding[] {
  const path: SpecPath =
    spec.strategy.linear === undefined
      ? ["strategy", "canary", "steps", 1, "pause"]
      : ["strategy", "linear", "every"];
  return unwatchedCourse(spec, feedOf(spec)).map(({ detail, hint }) => ({
    path,
    severity: "warning",
    message: `on AWS ${detail}. ${hint}`,
  }));
}

function feedOf({ analysis }: RolloutSpec): FeedTiming {
  const { embedded, prometheus, platform } =
    (analysis.kind === "compare" ? analysis.source : undefined) ?? {};
  if (embedded !== undefined) return { ...EMBEDDED, lagMs: embedded.lag ?? EMBEDDED.lagMs };
  if (prometheus !== undefined) {
    return { resolutionMs: prometheus.interval, lagMs: PROMETHEUS_LAG_MS };
  }
  return { ...PLATFORM, lagMs: platform?.lag ?? PLATFORM.lagMs };
}
