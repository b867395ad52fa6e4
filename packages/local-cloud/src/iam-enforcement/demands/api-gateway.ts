import { type Call, type ServiceDemands, structures, text } from "./call.ts";
import { passRole } from "./pass-role.ts";

/**
 * API Gateway knows verbs and paths instead of operations.
 * Source: Service Authorization Reference, Amazon API Gateway Management.
 */
export const API_GATEWAY: ServiceDemands = {
  prefix: "apigateway",
  actionOf: ({ method }) => method,
  resourcesOf: ({ place, path }) => [`arn:aws:apigateway:${place.region}::${resourcePath(path)}`],
  also: (call) => rolesOf(call).flatMap((role) => passRole(role, "apigateway.amazonaws.com")),
};

/** The ARN inside the path of a tag call stays encoded. */
function resourcePath(path: string): string {
  if (path.startsWith("/tags/")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function rolesOf({ operation, input }: Call): readonly string[] {
  if (operation === "UpdateAccount") {
    return structures(input, "patchOperations").flatMap((patch) =>
      text(patch, "path") === "/cloudwatchRoleArn" ? (text(patch, "value") ?? []) : [],
    );
  }
  // "arn:aws:iam::*:user/*" asks for the caller's own credentials, which is no role to hand on.
  const credentials = operation === "PutIntegration" ? text(input, "credentials") : undefined;
  return credentials?.includes(":role/") === true ? [credentials] : [];
}
