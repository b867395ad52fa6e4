import type { Place } from "../telemetry/metric-sink.ts";

/** Whose a resource is, and where: the account and the region that its ARN names. */
export function placeOfArn(arn: string): Place {
  const [, , , region = "", account = ""] = arn.split(":");
  return { region, account };
}
