import type { ResourceFacts } from "../../service.ts";
import { placeOfArn } from "../place-of-arn.ts";
import { policyDocument } from "./operations/permissions.ts";
import type { LambdaState, PolicyRow } from "./state.ts";

/** Functions' policies, as texts that stay the same object while the policy does. */
export function lambdaFacts(lambda: LambdaState): ResourceFacts {
  const documents = new WeakMap<PolicyRow, string>();
  return {
    policyOf(arn) {
      const policy = lambda.in(placeOfArn(arn)).policies.get(keyIn(arn));
      if (policy === undefined) return undefined;
      const document = documents.get(policy) ?? policyDocument(policy.statements);
      documents.set(policy, document);
      return document;
    },
    tagsOf(arn) {
      const [name = ""] = keyIn(arn).split(":");
      return lambda.in(placeOfArn(arn)).functions.get(name)?.tags;
    },
  };
}

/** "checkout:live" of a function's ARN. */
function keyIn(arn: string): string {
  return arn.split(":").slice(6).join(":");
}
