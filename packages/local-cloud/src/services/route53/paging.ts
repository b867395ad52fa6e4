import { invalidInput } from "./errors.ts";

/** Route 53's markers name the first item of the next page, not the last of this one. */
export interface MarkedPage<Item> {
  readonly items: readonly Item[];
  readonly next: Item | undefined;
  readonly limit: number;
}

/** @param start index of the first item. @throws {AwsError} InvalidInput for a MaxItems that is no whole number from 1. */
export function pageFrom<Item>(
  items: readonly Item[],
  start: number,
  request: { readonly maxItems: number | string | undefined; readonly most: number },
): MarkedPage<Item> {
  const limit = Math.min(readMaxItems(request.maxItems) ?? request.most, request.most);
  return { items: items.slice(start, start + limit), next: items[start + limit], limit };
}

/** Where the marked item is. Unverified: the text for a marker that names nothing. */
export function startAt<Item>(
  items: readonly Item[],
  marker: string | undefined,
  keyOf: (item: Item) => string,
): number {
  if (marker === undefined || marker === "") return 0;
  const index = items.findIndex((item) => keyOf(item) === marker);
  if (index < 0) throw invalidInput(`The marker ${marker} is not valid.`);
  return index;
}

function readMaxItems(value: number | string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(String(value))) {
    // Unverified: the text.
    throw invalidInput(`Invalid value '${value}' for MaxItems: it must be a whole number from 1.`);
  }
  return Number(value);
}
