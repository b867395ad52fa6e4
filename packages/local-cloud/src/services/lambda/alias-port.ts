import type { AliasPort } from "../../data-plane/ports/aliases.ts";
import { invalidParameter } from "./errors.ts";
import { parseUnqualified } from "./function-name.ts";
import { type AliasParts, aliasUpdate } from "./operations/aliases.ts";
import { keyOf } from "./state.ts";

/** Aliases for services that move their traffic: CodeDeploy. */
export function createAliasPort(parts: AliasParts): AliasPort {
  const { lambda } = parts;
  const update = aliasUpdate(parts);
  return {
    find(alias) {
      const functionName = parseUnqualified(alias, alias.functionName);
      const row = lambda.in(alias).aliases.get(keyOf(functionName, alias.name));
      return (
        row && {
          functionVersion: row.functionVersion,
          weights: row.additional ? { [row.additional.version]: row.additional.weight } : {},
        }
      );
    },

    hasVersion(version) {
      const functionName = parseUnqualified(version, version.functionName);
      return lambda.in(version).versions.has(keyOf(functionName, version.version));
    },

    route(alias, { functionVersion, weights }) {
      for (const [version, weight] of Object.entries(weights)) requireShare(version, weight);
      update(alias, {
        FunctionName: alias.functionName,
        Name: alias.name,
        FunctionVersion: functionVersion,
        RoutingConfig: { AdditionalVersionWeights: { ...weights } },
      });
    },
  };
}

/** What the wire layer checks when the operation is called. Source: botocore lambda model, Weight. */
function requireShare(version: string, weight: number): void {
  if (weight >= 0 && weight <= 1) return;
  throw invalidParameter(`The weight of version ${version} must be from 0 to 1, got ${weight}`);
}
