import { arnIn, type Call, type ServiceDemands, text, texts } from "./call.ts";
import { hasTags } from "./tags-given.ts";

/** Source: Service Authorization Reference, AWS Secrets Manager. */
export const SECRETS_MANAGER: ServiceDemands = {
  prefix: "secretsmanager",
  resourcesOf(call) {
    const { operation, input, place } = call;
    const name = operation === "CreateSecret" ? text(input, "Name") : text(input, "SecretId");
    if (operation === "BatchGetSecretValue" || name === undefined) return undefined;
    // The six characters behind a name are known once the secret is there.
    return [call.facts.arnOf?.(place, "secret", name) ?? secretArn(call, name)];
  },
  keysOf: ({ input }) => ({
    "secretsmanager:SecretId": text(input, "SecretId"),
    "secretsmanager:Name": text(input, "Name"),
    "secretsmanager:VersionId": text(input, "VersionId"),
    "secretsmanager:VersionStage": text(input, "VersionStage"),
  }),
  also(call) {
    const { operation, input } = call;
    if (operation === "BatchGetSecretValue") {
      return texts(input, "SecretIdList").map((id) => ({
        action: "secretsmanager:GetSecretValue",
        resources: [call.facts.arnOf?.(call.place, "secret", id) ?? secretArn(call, id)],
      }));
    }
    if (operation !== "CreateSecret" || !hasTags(input)) return [];
    const resources = SECRETS_MANAGER.resourcesOf(call) ?? ["*"];
    return [{ action: "secretsmanager:TagResource", resources }];
  },
};

function secretArn({ place }: Call, name: string): string {
  return name.startsWith("arn:") ? name : arnIn(place, "secretsmanager", `secret:${name}`);
}
