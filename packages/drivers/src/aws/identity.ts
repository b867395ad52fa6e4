import type { AwsClients } from "./clients.ts";
import type { AwsRunner } from "./runner.ts";

/** Who AWS says we are. */
export interface CallerIdentity {
  /** Twelve digits. */
  readonly account: string;
  readonly arn: string;
  readonly region: string;
}

/** @throws {RolloutError} AWS_CREDENTIALS, AWS_UNREACHABLE, USAGE (no region). Needs no permission. */
export async function callerIdentity(clients: AwsClients, run: AwsRunner): Promise<CallerIdentity> {
  const sts = await clients.sts();
  const request = { action: "sts:GetCallerIdentity", subject: "the caller" };
  return run(request, async (abortSignal) => {
    const region = await sts.config.region();
    const { Account: account, Arn: arn } = await sts.getCallerIdentity({}, { abortSignal });
    return { account: account ?? "", arn: arn ?? "", region };
  });
}
