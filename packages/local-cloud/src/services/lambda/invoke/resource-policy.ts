import { matchesWildcard } from "../../../wildcard.ts";
import { matchesArn } from "../../arn-like.ts";
import type { PolicyRow, Statement } from "../state.ts";

/** Who wants to do what, as far as a resource policy can ask. */
export interface PolicyRequest {
  /** "lambda:InvokeFunction" */
  readonly action: string;
  /** A service principal, or undefined for the public caller of a function URL. */
  readonly servicePrincipal: string | undefined;
  readonly sourceArn: string | undefined;
  readonly sourceAccount: string | undefined;
  readonly functionUrlAuthType?: "NONE" | "AWS_IAM" | undefined;
  readonly isViaFunctionUrl?: boolean | undefined;
}

/**
 * Whether a statement of the policy allows the request. Lambda's policies have no Deny statements.
 * Source: AWS docs, "Working with resource-based IAM policies in Lambda".
 */
export function isAllowed(policy: PolicyRow | undefined, request: PolicyRequest): boolean {
  return policy?.statements.some((statement) => allows(statement, request)) ?? false;
}

function allows(statement: Statement, request: PolicyRequest): boolean {
  return (
    matchesGlob(statement.Action.toLowerCase(), request.action.toLowerCase()) &&
    isPrincipal(statement.Principal, request) &&
    conditionsHold(statement, request)
  );
}

function isPrincipal(principal: Statement["Principal"], request: PolicyRequest): boolean {
  if (principal === "*") return true;
  return "Service" in principal && principal.Service === request.servicePrincipal;
}

/** A condition on a key that the request does not carry does not hold. */
function conditionsHold(statement: Statement, request: PolicyRequest): boolean {
  for (const [operator, keys] of Object.entries(statement.Condition ?? {})) {
    for (const [key, wanted] of Object.entries(keys)) {
      const actual = valueOf(key, request);
      if (actual === undefined) return false;
      const holds = operator === "ArnLike" ? matchesArn(wanted, actual) : wanted === actual;
      if (!holds) return false;
    }
  }
  return true;
}

function valueOf(key: string, request: PolicyRequest): string | undefined {
  switch (key.toLowerCase()) {
    case "aws:sourcearn":
      return request.sourceArn;
    case "aws:sourceaccount":
      return request.sourceAccount;
    case "lambda:functionurlauthtype":
      return request.functionUrlAuthType;
    case "lambda:invokedviafunctionurl":
      return request.isViaFunctionUrl === undefined ? undefined : String(request.isViaFunctionUrl);
    default:
      return undefined;
  }
}

function matchesGlob(pattern: string, text: string): boolean {
  return matchesWildcard(pattern, text, { oneCharacter: true });
}
