import type { Filter } from "@aws-sdk/client-ec2";
import { matchesWildcard } from "../../wildcard.ts";
import { pageOf } from "../paging.ts";
import type { Tags } from "../tags.ts";
import { badToken, invalidValue } from "./errors.ts";
import type { PlaceState } from "./state.ts";

/** What a resource says to the filters of its operation, by their names. */
export type Facts = Readonly<Record<string, string | readonly string[] | undefined>>;

interface Wanted {
  readonly Filters?: readonly Filter[] | undefined;
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

/** A page when the call does not say how many. Source: AWS docs, API_DescribeSubnets (at most 1000). */
const PAGE_ITEMS = 1000;

/**
 * The rows that a Describe call wants: those with the ids, that pass all filters, one page of them.
 * @param missing what to throw for an id that names nothing.
 */
export function select<Row extends { readonly id: string }>(
  rows: Iterable<Row>,
  input: Wanted,
  options: {
    readonly ids: readonly string[] | undefined;
    readonly missing: (id: string) => Error;
    readonly state: PlaceState;
    readonly facts: (row: Row) => Facts;
  },
) {
  const all = [...rows];
  const ids = new Set(options.ids);
  for (const id of ids) {
    if (!all.some((row) => row.id === id)) throw options.missing(id);
  }
  const isWanted = (row: Row) =>
    (ids.size === 0 || ids.has(row.id)) &&
    passes(input.Filters ?? [], options.facts(row), options.state.tags.get(row.id) ?? {});
  requirePageSize(input.MaxResults);
  return pageOf(all.filter(isWanted), {
    keyOf: ({ id }) => id,
    token: input.NextToken,
    limit: input.MaxResults ?? PAGE_ITEMS,
    badToken,
  });
}

/** Source: AWS docs, API_DescribeSubnets and others: from 5 to 1000. Unverified: the text. */
export function requirePageSize(size: number | undefined): void {
  if (size === undefined || (size >= 5 && size <= 1000)) return;
  throw invalidValue(
    `Value ( ${size} ) for parameter maxResults is invalid. Expecting a value from 5 to 1000.`,
  );
}

/** Values of one filter are alternatives; all filters must pass. Values may have "*" and "?". */
export function passes(filters: readonly Filter[], facts: Facts, tags: Tags): boolean {
  return filters.every(({ Name = "", Values = [] }) => {
    const known = valuesOf(Name, facts, tags);
    return Values.some((pattern) =>
      known.some((value) => matchesWildcard(pattern, value, { oneCharacter: true })),
    );
  });
}

function valuesOf(name: string, facts: Facts, tags: Tags): readonly string[] {
  if (name === "tag-key") return Object.keys(tags);
  if (name.startsWith("tag:")) return [tags[name.slice("tag:".length)] ?? []].flat();
  if (!Object.hasOwn(facts, name)) throw invalidValue(`The filter '${name}' is invalid`);
  return [facts[name] ?? []].flat();
}
