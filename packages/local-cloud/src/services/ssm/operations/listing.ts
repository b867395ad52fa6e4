import type { Cloud, RequestContext } from "../../../service.ts";
import { pageOf } from "../../paging.ts";
import { badToken, validation } from "../errors.ts";
import { checkFilters, matchesFilters } from "../filters.ts";
import { LIST_PAGE, PATH_PAGE } from "../limits.ts";
import { checkPath, isBelow } from "../names.ts";
import type { SsmHandlers, SsmInput } from "../sdk.ts";
import { latest, type Parameter, parameterTable } from "../state.ts";
import { describedParameter, shownParameter } from "../views.ts";

/** Lists of parameters, by path and by filters. */
export function listingOperations({ store }: Cloud) {
  const sorted = (context: RequestContext) =>
    [...parameterTable(store, context).values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));

  return {
    GetParametersByPath(input, context) {
      const path = input.Path ?? "";
      checkPath(path);
      const filters = input.ParameterFilters ?? [];
      checkFilters(filters, "GetParametersByPath");
      const below = sorted(context).filter(
        (parameter) =>
          isBelow(parameter.name, path, input.Recursive === true) &&
          matchesFilters(parameter, filters),
      );
      const page = pageOf(below, pageRequest(input, PATH_PAGE));
      return {
        Parameters: page.items.map((parameter) => {
          const found = { parameter, version: versionOf(parameter, filters), selector: undefined };
          return shownParameter(found, input.WithDecryption === true);
        }),
        NextToken: page.nextToken,
      };
    },

    DescribeParameters(input, context) {
      const filters = filtersOf(input);
      checkFilters(filters, "DescribeParameters");
      const found = sorted(context).filter((parameter) => matchesFilters(parameter, filters));
      const page = pageOf(found, pageRequest(input, LIST_PAGE));
      return { Parameters: page.items.map(describedParameter), NextToken: page.nextToken };
    },
  } satisfies SsmHandlers;
}

type Filters = NonNullable<SsmInput<"DescribeParameters">["ParameterFilters"]>;

/** The old `Filters` mean the same with other words. */
function filtersOf(input: SsmInput<"DescribeParameters">): Filters {
  const old = input.Filters ?? [];
  if (old.length > 0 && (input.ParameterFilters ?? []).length > 0) {
    throw validation("You can use either Filters or ParameterFilters in a single request.");
  }
  if (old.length === 0) return input.ParameterFilters ?? [];
  return old.map(({ Key, Values }) => ({
    Key,
    Values,
    Option: Key === "Name" ? "BeginsWith" : "Equals",
  }));
}

/** By a label: the version that carries it. */
function versionOf(parameter: Parameter, filters: Filters) {
  const labels = filters.find(({ Key }) => Key === "Label")?.Values ?? [];
  const labelled = parameter.versions.find((version) =>
    version.labels.some((label) => labels.includes(label)),
  );
  return labelled ?? latest(parameter);
}

function pageRequest(
  input: { readonly NextToken?: string | undefined; readonly MaxResults?: number | undefined },
  limit: number,
) {
  return {
    keyOf: ({ name }: Parameter) => name,
    token: input.NextToken,
    limit: input.MaxResults ?? limit,
    badToken,
  };
}
