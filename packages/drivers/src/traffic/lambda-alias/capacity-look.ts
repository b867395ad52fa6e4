import type { AwsClients } from "../../aws/clients.ts";
import type { AwsRunner } from "../../aws/runner.ts";
import type { CapacityLook } from "../../hooks/capacity.ts";
import { lookAt, problem } from "../../preflight.ts";
import { capacityOf, stableCapacity } from "./capacity.ts";
import { functionApi } from "./function-api.ts";

/** Whether a version could take all traffic: it is active, not switched off, and as warm as stable. */
export function functionCapacity(parts: {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  readonly functionName: string;
  readonly alias: string;
}): CapacityLook {
  const api = functionApi(parts);
  return ({ stable, canary = stable }) =>
    Promise.all([
      lookAt(`version ${canary} is active`, async () => {
        const { State = "of no state", StateReason = "" } = await api.getConfiguration(canary);
        if (State === "Active") return State;
        return problem(`it is ${State}. ${StateReason}`.trim(), "Wait until it is Active.");
      }),
      lookAt("concurrency", async () => {
        const reserved = await api.reservedConcurrency();
        if (reserved !== 0)
          return reserved === undefined ? "the account's" : `${reserved} reserved`;
        return problem("0 is reserved: every call is throttled", "Raise the reserved concurrency.");
      }),
      lookAt("provisioned concurrency", async () => {
        const wanted = await stableCapacity(api, stable);
        if (wanted === undefined) return "none on stable, none needed";
        const found = (await capacityOf(api, canary)) ?? 0;
        if (found >= wanted) return `${found}, as stable has`;
        return problem(`${found}, stable has ${wanted}`, "Give the version as much as stable has.");
      }),
    ]);
}
