import { pageOf } from "../../paging.ts";
import { badMarker } from "../errors.ts";
import { LIST_DEFAULT } from "../limits.ts";

interface PageRequest {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

/** Lambda never gives more than 50 items at once, whatever MaxItems allows. */
export function pageOfRows<Row>(rows: Row[], request: PageRequest, keyOf: (row: Row) => string) {
  return pageOf(rows, {
    keyOf,
    token: request.Marker,
    limit: Math.min(request.MaxItems ?? LIST_DEFAULT, LIST_DEFAULT),
    badToken: badMarker,
  });
}

/** A page under the member's own name, with `NextMarker` on all pages but the last. */
export function marked<Name extends string, Item>(
  name: Name,
  page: { readonly items: Item[]; readonly nextToken: string | undefined },
): Record<Name, Item[]> & { NextMarker: string | undefined } {
  const list = { [name]: page.items } as Record<Name, Item[]>;
  return { ...list, NextMarker: page.nextToken };
}
