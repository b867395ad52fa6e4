import type { FunctionPolicies } from "../../data-plane/ports.ts";
import type { Cloud } from "../../service.ts";
import { parseReference } from "./function-name.ts";
import { isAllowed } from "./invoke/resource-policy.ts";
import { keyOf, type LambdaState, type Statement } from "./state.ts";

const ACTION = "lambda:InvokeFunction";

/** What services that register a function add to its policy: VPC Lattice does so. */
export function createFunctionPolicies({ random }: Cloud, lambda: LambdaState): FunctionPolicies {
  return {
    allowInvoke(request) {
      const state = lambda.in(request);
      const { functionName: arn, principal, sourceArn, account } = request;
      const { name, qualifier } = parseReference(request, arn);
      const key = keyOf(name, qualifier);
      const exists =
        qualifier === undefined
          ? state.functions.has(name)
          : state.aliases.has(key) || state.versions.has(key);
      if (!exists) return false;
      const policy = state.policies.get(key);
      const isAllowedAlready = isAllowed(policy, {
        action: ACTION,
        servicePrincipal: principal,
        sourceArn,
        sourceAccount: account,
      });
      if (isAllowedAlready) return true;
      const statement: Statement = {
        // Source: a policy with such a statement, as users show it (AWS Lambda GetPolicy output).
        Sid: `lambda-${random.uuid()}`,
        Effect: "Allow",
        Principal: { Service: principal },
        Action: ACTION,
        Resource: arn,
        Condition: { ArnLike: { "AWS:SourceArn": sourceArn } },
      };
      state.policies.set(key, {
        revisionId: random.uuid(),
        statements: [...(policy?.statements ?? []), statement],
      });
      return true;
    },
  };
}
