import {
  aliasNotFound,
  conflict,
  functionNotFound,
  invalidParameter,
  notFound,
  policyTooLong,
  revisionMismatch,
} from "../errors.ts";
import { functionArn, isAliasName, LATEST, referenceOf } from "../function-name.ts";
import { RESOURCE_POLICY_MAX_BYTES } from "../limits.ts";
import type { LambdaParts } from "../parts.ts";
import type { LambdaHandlers, LambdaInput } from "../sdk.ts";
import {
  keyOf,
  type PlaceState,
  type PolicyRow,
  requireFunction,
  type Statement,
} from "../state.ts";

/** Resource policies: one for the function, one for each version and one for each alias. */
export function permissionOperations({ cloud, lambda }: LambdaParts) {
  /**
   * Stores a policy under a new revision, which the function, version or alias takes over.
   * Source: recorded AWS answers (LocalStack test_function_revisions_permissions).
   */
  const store = (state: PlaceState, key: string, statements: readonly Statement[]) => {
    const revisionId = cloud.random.uuid();
    cloud.store.transaction(() => {
      if (statements.length === 0) state.policies.delete(key);
      else state.policies.set(key, { revisionId, statements });
      const alias = state.aliases.get(key);
      const version = state.versions.get(key);
      if (alias !== undefined) state.aliases.set(key, { ...alias, revisionId });
      else if (version !== undefined) state.versions.set(key, { ...version, revisionId });
    });
  };

  return {
    AddPermission(input, context) {
      const { name, qualifier } = referenceOf(context, input);
      if (qualifier === LATEST) {
        throw invalidParameter("We currently do not support adding policies for $LATEST.");
      }
      const state = lambda.in(context);
      requireFunction(state, name);
      requireQualified(state, name, qualifier);
      const key = keyOf(name, qualifier);
      const policy = state.policies.get(key);
      requireRevision(state, key, policy, input.RevisionId);
      const statement = statementOf(input, functionArn(context, name, qualifier));
      const statements = [...(policy?.statements ?? []), statement];
      if (policy?.statements.some(({ Sid }) => Sid === statement.Sid)) {
        throw conflict(
          `The statement id (${statement.Sid}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
        );
      }
      if (Buffer.byteLength(policyDocument(statements)) > RESOURCE_POLICY_MAX_BYTES) {
        throw policyTooLong(RESOURCE_POLICY_MAX_BYTES);
      }
      store(state, key, statements);
      return { Statement: JSON.stringify(statement) };
    },

    RemovePermission(input, context) {
      const { name, qualifier } = referenceOf(context, input);
      const state = lambda.in(context);
      if (!state.functions.has(name)) {
        throw notFound(`No policy found for: ${functionArn(context, name)}`);
      }
      requireQualified(state, name, qualifier);
      const key = keyOf(name, qualifier);
      const policy = state.policies.get(key);
      if (policy === undefined) {
        throw notFound("No policy is associated with the given resource.");
      }
      const statements = policy.statements.filter(({ Sid }) => Sid !== input.StatementId);
      if (statements.length === policy.statements.length) {
        throw notFound(`Statement ${input.StatementId} is not found in resource policy.`);
      }
      requireRevision(state, key, policy, input.RevisionId);
      store(state, key, statements);
      return {};
    },

    GetPolicy(input, context) {
      const { name, qualifier } = referenceOf(context, input);
      const state = lambda.in(context);
      requireFunction(state, name);
      const policy = state.policies.get(keyOf(name, qualifier));
      if (policy === undefined) throw notFound("The resource you requested does not exist.");
      return { Policy: policyDocument(policy.statements), RevisionId: policy.revisionId };
    },
  } satisfies LambdaHandlers;
}

export function policyDocument(statements: readonly Statement[]): string {
  return JSON.stringify({ Version: "2012-10-17", Id: "default", Statement: statements });
}

function requireQualified(state: PlaceState, name: string, qualifier: string | undefined): void {
  if (qualifier === undefined) return;
  const key = keyOf(name, qualifier);
  if (state.aliases.has(key) || state.versions.has(key)) return;
  const arn = functionArn(state.place, name, qualifier);
  throw isAliasName(qualifier) ? aliasNotFound(arn) : functionNotFound(arn);
}

/** The policy's own revision; before there is one, that of what it will belong to. */
function requireRevision(
  state: PlaceState,
  key: string,
  policy: PolicyRow | undefined,
  wanted: string | undefined,
): void {
  if (wanted === undefined) return;
  const owner = state.aliases.get(key) ?? state.versions.get(key);
  const current = policy?.revisionId ?? owner?.revisionId;
  if (wanted !== current) throw revisionMismatch("GetPolicy");
}

function statementOf(input: LambdaInput<"AddPermission">, resource: string): Statement {
  const condition = conditionOf(input);
  return {
    Sid: input.StatementId ?? "",
    Effect: "Allow",
    Principal: principalOf(input.Principal ?? ""),
    Action: input.Action ?? "",
    Resource: resource,
    ...(condition === undefined ? {} : { Condition: condition }),
  };
}

function principalOf(principal: string): Statement["Principal"] {
  if (principal === "*") return "*";
  if (/^[a-z0-9.-]+\.amazonaws\.com$/.test(principal)) return { Service: principal };
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:aws:iam::${principal}:root` };
  if (/^arn:aws[a-z-]*:(iam|sts)::/.test(principal)) return { AWS: principal };
  throw invalidParameter(
    "The provided principal was invalid. Please check the principal and try again.",
  );
}

/** Keys are spelled as AWS spells them in its own documents. Source: recorded AWS answers. */
function conditionOf(input: LambdaInput<"AddPermission">): Statement["Condition"] {
  const equals = textMembers({
    "AWS:SourceAccount": input.SourceAccount,
    "lambda:FunctionUrlAuthType": input.FunctionUrlAuthType,
    "aws:PrincipalOrgID": input.PrincipalOrgID,
    "lambda:EventSourceToken": input.EventSourceToken,
  });
  const like = textMembers({ "AWS:SourceArn": input.SourceArn });
  const bool = textMembers({
    "lambda:InvokedViaFunctionUrl": input.InvokedViaFunctionUrl === true ? "true" : undefined,
  });
  const operators = Object.entries({ StringEquals: equals, ArnLike: like, Bool: bool }).filter(
    ([, keys]) => Object.keys(keys).length > 0,
  );
  return operators.length === 0 ? undefined : Object.fromEntries(operators);
}

function textMembers(members: Record<string, string | undefined>): Record<string, string> {
  const entries = Object.entries(members).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  return Object.fromEntries(entries);
}
