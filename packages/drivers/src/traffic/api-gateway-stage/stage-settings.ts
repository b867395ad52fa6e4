import type { Stage } from "@aws-sdk/client-api-gateway";
import type { PreflightFinding } from "@headgate/core";
import { ok, warning } from "../../preflight.ts";

/** Settings of the stage that change what a canary's figures mean. They stop nothing. */
export function methodSettingFindings(stage: Stage): readonly PreflightFinding[] {
  const settings = Object.entries(stage.methodSettings ?? {});
  const cached = settings.filter(([, one]) => one.cachingEnabled === true).map(([path]) => path);
  const throttled = settings.filter(([, one]) => isClosed(one)).map(([path]) => path);
  const cache = "cache";
  const throttle = "throttling";
  return [
    stage.cacheClusterEnabled === true && cached.length > 0
      ? {
          check: cache,
          ...warning(
            `answers of ${cached.join(", ")} come from a cache: stable's is warm and the canary's begins empty, so the canary seems slower`,
            "Judge the latency with that in mind, or set analysis.latency to ignore.",
          ),
        }
      : ok(cache, "none"),
    throttled.length > 0
      ? {
          check: throttle,
          ...warning(
            `a rate or burst limit of 0 refuses every request of ${throttled.join(", ")} with 429`,
            "Raise throttling/rateLimit and throttling/burstLimit of the stage.",
          ),
        }
      : ok(throttle, "both versions share the stage's limits; a 429 is no error of a version"),
  ];
}

function isClosed(settings: {
  readonly throttlingRateLimit?: number | undefined;
  readonly throttlingBurstLimit?: number | undefined;
}): boolean {
  return settings.throttlingRateLimit === 0 || settings.throttlingBurstLimit === 0;
}
