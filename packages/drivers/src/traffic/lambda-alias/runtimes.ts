import type { PreflightFinding } from "@headgate/core";

/**
 * The day from which AWS no longer maintains a runtime. Weeks later it refuses to create, then to
 * update functions with it, and an update is what a rollout starts with.
 * Source: AWS docs, lambda-runtimes (python3.9, nodejs18.x); endoflife.date/aws-lambda.
 * Unverified: python3.10 to 3.12, nodejs20.x, ruby, java and provided.al2 were forecasts when written.
 */
const DEPRECATED_FROM: Readonly<Record<string, string>> = {
  dotnet6: "2024-12-20",
  dotnet8: "2026-11-10",
  "nodejs16.x": "2024-06-12",
  "nodejs18.x": "2025-09-01",
  "nodejs20.x": "2026-04-30",
  "nodejs22.x": "2027-04-30",
  "provided.al2": "2026-07-31",
  "python3.8": "2024-10-14",
  "python3.9": "2025-12-15",
  "python3.10": "2026-10-31",
  "python3.11": "2027-06-30",
  "python3.12": "2028-10-31",
  "ruby3.2": "2026-03-31",
  "ruby3.3": "2027-03-31",
};

const DAY_MS = 86_400_000;
const SOON_DAYS = 180;

/** A warning when the runtime's days are counted: it never stops a rollout, AWS itself does. */
export function runtimeFinding(runtime: string, nowMs: number): PreflightFinding {
  const check = `runtime ${runtime} is maintained`;
  const from = DEPRECATED_FROM[runtime];
  const daysLeft = from === undefined ? Infinity : (Date.parse(from) - nowMs) / DAY_MS;
  if (daysLeft > SOON_DAYS) return { check, outcome: "ok", detail: "", hint: "" };
  const when = daysLeft > 0 ? `will be deprecated on ${from}` : `is deprecated since ${from}`;
  return {
    check,
    outcome: "warning",
    detail: `${runtime} ${when}; after that AWS refuses updates`,
    hint: "Plan the move to a newer runtime; roll it out like any other version.",
  };
}
