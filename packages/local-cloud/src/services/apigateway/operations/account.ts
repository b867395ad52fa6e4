import type { Account } from "@aws-sdk/client-api-gateway";
import { badRequest, invalidPatchPath } from "../errors.ts";
import { readPatches } from "../patch.ts";
import type { ApiGatewayHandlers } from "../sdk.ts";
import type { ApiGateway } from "../state.ts";

export function accountOperations(gateway: ApiGateway) {
  const { cloud, tables } = gateway;
  return {
    GetAccount: (_input, context) =>
      accountShape(tables.account(context).get("account")?.cloudwatchRoleArn),

    async UpdateAccount(input, context) {
      let roleArn = tables.account(context).get("account")?.cloudwatchRoleArn;
      for (const patch of readPatches(input.patchOperations)) {
        if (patch.path === "/features") continue;
        if (patch.path !== "/cloudwatchRoleArn") throw invalidPatchPath(patch.path);
        roleArn = patch.op === "remove" || patch.value === "" ? undefined : patch.value;
      }
      if (roleArn !== undefined) {
        const roles = await cloud.port("roles");
        if (roles.trusts(context.account, roleArn, "apigateway.amazonaws.com") !== "trusted") {
          // Source: an AWS answer quoted in tmobile/jazz-installer#597.
          throw badRequest(
            "The role ARN does not have required permissions configured. Please grant trust " +
              "permission for API Gateway and add the required role policy.",
          );
        }
      }
      tables.account(context).set("account", { cloudwatchRoleArn: roleArn });
      return accountShape(roleArn);
    },
  } satisfies ApiGatewayHandlers;
}

/** Source: AWS docs, API_GetAccount. */
function accountShape(cloudwatchRoleArn: string | undefined): Account {
  return {
    cloudwatchRoleArn,
    throttleSettings: { burstLimit: 5000, rateLimit: 10_000 },
    features: ["UsagePlans"],
    apiKeyVersion: "4",
  };
}
