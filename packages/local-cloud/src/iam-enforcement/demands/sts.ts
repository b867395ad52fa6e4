import { type Demand, type ServiceDemands, text } from "./call.ts";
import { hasTags } from "./tags-given.ts";

/**
 * Anybody may ask who it is, and users may get themselves session tokens: no policy can forbid either.
 * Source: AWS docs, GetCallerIdentity and GetSessionToken.
 */
export const STS: ServiceDemands = {
  prefix: "sts",
  resourcesOf: ({ input }) => {
    const role = text(input, "RoleArn");
    return role === undefined ? undefined : [role];
  },
  keysOf: ({ input }) => ({
    "sts:ExternalId": text(input, "ExternalId"),
    "sts:RoleSessionName": text(input, "RoleSessionName"),
    "sts:SourceIdentity": text(input, "SourceIdentity"),
    "sts:DurationSeconds": numberText(input["DurationSeconds"]),
  }),
  also({ input }) {
    const role = text(input, "RoleArn");
    if (role === undefined) return [];
    const demands: Demand[] = [];
    if (hasTags(input)) demands.push({ action: "sts:TagSession", resources: [role] });
    if (text(input, "SourceIdentity") !== undefined) {
      demands.push({ action: "sts:SetSourceIdentity", resources: [role] });
    }
    return demands;
  },
  free: new Set(["GetCallerIdentity", "GetSessionToken"]),
};

function numberText(value: unknown): string | undefined {
  return typeof value === "number" ? String(value) : undefined;
}
