import { AwsError } from "../../../aws-error.ts";
import type { Cloud } from "../../../service.ts";
import { pageOf } from "../../paging.ts";
import { badToken, validation } from "../errors.ts";
import { LIST_PAGE } from "../limits.ts";
import type { SsmHandlers } from "../sdk.ts";
import { findParameter, findVersion, type Found, parameterTable } from "../state.ts";
import { historicParameter, shownParameter } from "../views.ts";

/** Reading parameters by their names. */
export function readingOperations({ store }: Cloud) {
  return {
    GetParameter(input, context) {
      const found = findVersion(parameterTable(store, context), input.Name ?? "");
      return { Parameter: shownParameter(found, input.WithDecryption === true) };
    },

    GetParameters(input, context) {
      const parameters = parameterTable(store, context);
      const names = input.Names ?? [];
      if (new Set(names).size < names.length) {
        // Unverified: the text.
        throw validation(`The names of parameters must differ: ${names.join(", ")}`);
      }
      const InvalidParameters: string[] = [];
      const Parameters = names.flatMap((name) => {
        const found = orUndefined(() => findVersion(parameters, name));
        if (found === undefined) InvalidParameters.push(name);
        return found === undefined ? [] : [shownParameter(found, input.WithDecryption === true)];
      });
      return { Parameters, InvalidParameters };
    },

    GetParameterHistory(input, context) {
      const parameter = findParameter(parameterTable(store, context), input.Name ?? "");
      const page = pageOf(parameter.versions, {
        keyOf: ({ version }) => String(version).padStart(12, "0"),
        token: input.NextToken,
        limit: input.MaxResults ?? LIST_PAGE,
        badToken,
      });
      return {
        Parameters: page.items.map((version) =>
          historicParameter(parameter, version, input.WithDecryption === true),
        ),
        NextToken: page.nextToken,
      };
    },
  } satisfies SsmHandlers;
}

/** Undefined when the parameter or its version is not there. */
function orUndefined(find: () => Found): Found | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof AwsError) return undefined;
    throw error;
  }
}
