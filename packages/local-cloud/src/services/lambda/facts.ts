import type { ResourceFacts } from "../../service.ts";
import { placeOfArn } from "../place-of-arn.ts";
import { policyDocument } from "./operations/permissions.ts";
import { keyOf, type LambdaState, type PolicyRow } from "./state.ts";

/** Functions' policies, as texts that stay the same object while the policy does. */
export function lambdaFacts(lambda: LambdaState): ResourceFacts {
  const documents = new WeakMap<PolicyRow, string>();
  return {
    policyOf(arn) {
      const policy = lambda.in(placeOfArn(arn)).policies.get(keyOf(...namesIn(arn)));
      if (policy === undefined) return undefined;
      const document = documents.get(policy) ?? policyDocument(policy.statements);
      documents.set(policy, document);
      return document;
    },
    tagsOf(arn) {
      const [name] = namesIn(arn);
      return lambda.in(placeOfArn(arn)).functions.get(name)?.tags;
    },
  };
}

/** "checkout" and "live" of the ARN of an alias. */
function namesIn(arn: string): readonly [name: string, qualifier: string | undefined] {
  const [name = "", qualifier] = arn.split(":").slice(6);
  return [name, qualifier];
}
