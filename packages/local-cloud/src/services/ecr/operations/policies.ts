import { parseJsonObject } from "../../../json-object.ts";
import { invalidParameter, repositoryPolicyNotFound } from "../errors.ts";
import { type EcrParts, placeOf } from "../parts.ts";
import type { EcrHandlers } from "../sdk.ts";
import { type RepositoryRow, requireRepository } from "../state.ts";

/** Repository policies are kept and shown; who may call is not judged by them. */
export function policyOperations(parts: EcrParts) {
  return {
    SetRepositoryPolicy(input, context) {
      const state = placeOf(parts, context, input);
      const row = requireRepository(state, input.repositoryName);
      const policyText = input.policyText ?? "";
      if (!isPolicy(policyText)) {
        throw invalidParameter("PolicyText", "Invalid repository policy provided");
      }
      state.repositories.set(row.name, { ...row, policyText });
      return policyOutput(row, policyText);
    },

    GetRepositoryPolicy(input, context) {
      const row = requireRepository(placeOf(parts, context, input), input.repositoryName);
      return policyOutput(row, requirePolicy(row));
    },

    DeleteRepositoryPolicy(input, context) {
      const state = placeOf(parts, context, input);
      const row = requireRepository(state, input.repositoryName);
      const policyText = requirePolicy(row);
      state.repositories.set(row.name, { ...row, policyText: undefined });
      return policyOutput(row, policyText);
    },
  } satisfies EcrHandlers;
}

function requirePolicy(row: RepositoryRow): string {
  if (row.policyText === undefined) throw repositoryPolicyNotFound(row);
  return row.policyText;
}

/** The form only: statements with an effect and actions. */
function isPolicy(text: string): boolean {
  const statements = parseJsonObject(text)?.["Statement"];
  const list: readonly unknown[] = Array.isArray(statements) ? statements : [statements];
  return list.length > 0 && list.every(isStatement);
}

function isStatement(value: unknown): boolean {
  const statement = parseJsonObject(JSON.stringify(value ?? null));
  if (statement === undefined) return false;
  const { Effect, Action, NotAction } = statement;
  return (Effect === "Allow" || Effect === "Deny") && (Action ?? NotAction) !== undefined;
}

function policyOutput({ registryId, name }: RepositoryRow, policyText: string) {
  return { registryId, repositoryName: name, policyText };
}
