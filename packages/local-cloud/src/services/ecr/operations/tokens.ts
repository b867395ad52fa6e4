import type { EcrParts } from "../parts.ts";
import type { EcrHandlers } from "../sdk.ts";

export function tokenOperations({ cloud, tokens }: EcrParts) {
  return {
    /** The address is this cloud's: with it, the password names the account and the region, and who got it. */
    GetAuthorizationToken(input, { account, region, caller }) {
      const registries = input.registryIds ?? [account];
      return {
        authorizationData: registries.map((registryId) => {
          const { password, expiresAtMs } = tokens.issue(
            { account: registryId, region },
            { account, caller },
          );
          return {
            authorizationToken: Buffer.from(`AWS:${password}`).toString("base64"),
            expiresAt: new Date(expiresAtMs),
            proxyEndpoint: cloud.endpointUrl(),
          };
        }),
      };
    },
  } satisfies EcrHandlers;
}
