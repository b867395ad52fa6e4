import { parseJsonObject } from "../../json-object.ts";
import type { Cloud, ResourceFacts } from "../../service.ts";
import { placeOfArn } from "../place-of-arn.ts";
import { resourcePolicies } from "./operations/resource-policy.ts";

/** The policies of an account are for all its log groups: together they are the policy of each. */
export function logsFacts(cloud: Pick<Cloud, "store">): ResourceFacts {
  return {
    policyOf(arn) {
      const documents = [...resourcePolicies(cloud, placeOfArn(arn)).values()];
      if (documents.length === 0) return undefined;
      const Statement = documents.flatMap(
        ({ document }) => parseJsonObject(document)?.["Statement"] ?? [],
      );
      return JSON.stringify({ Version: "2012-10-17", Statement });
    },
  };
}
