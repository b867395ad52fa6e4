import { arnIn, type ServiceDemands, text, texts } from "./call.ts";
import { hasTags } from "./tags-given.ts";

/** Source: Service Authorization Reference, Amazon Elastic Container Registry. */
export const ECR: ServiceDemands = {
  prefix: "ecr",
  resourcesOf({ operation, input, place }) {
    if (operation === "GetAuthorizationToken") return undefined;
    const named = text(input, "resourceArn");
    if (named !== undefined) return [named];
    const account = text(input, "registryId") ?? place.account;
    const repositories = [...texts(input, "repositoryName"), ...texts(input, "repositoryNames")];
    // Describing all repositories is describing each of them.
    return (repositories.length === 0 ? ["*"] : repositories).map((name) =>
      arnIn({ ...place, account }, "ecr", `repository/${name}`),
    );
  },
  also(call) {
    if (call.operation !== "CreateRepository" || !hasTags(call.input)) return [];
    return [{ action: "ecr:TagResource", resources: ECR.resourcesOf(call) ?? ["*"] }];
  },
};
