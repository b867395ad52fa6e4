import type { Cloud } from "../../service.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import { accessDenied, roleNotAssumable } from "./errors.ts";

/** @throws AWS's errors when the role is of another account, is missing or does not trust Lambda. */
export async function requireRole(cloud: Cloud, place: Place, roleArn: string): Promise<void> {
  const account = roleArn.split(":")[4];
  if (account !== place.account) throw accessDenied("Cross-account pass role is not allowed.");
  const roles = await cloud.port("roles");
  if (roles.trusts(account, roleArn, "lambda.amazonaws.com") !== "trusted") {
    throw roleNotAssumable();
  }
}
