import type { Cloud } from "../../../service.ts";
import type { StsHandlers } from "../sdk.ts";

export function callerOperations({ identities }: Cloud) {
  return {
    GetCallerIdentity: (_input, { account, caller }) => ({
      UserId: caller.userId,
      Account: account,
      Arn: caller.arn,
    }),

    GetAccessKeyInfo: (input) => ({
      Account: identities.identify(input.AccessKeyId ?? "").account,
    }),
  } satisfies StsHandlers;
}
