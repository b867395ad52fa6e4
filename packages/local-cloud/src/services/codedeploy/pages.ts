import { type Page, pageOf } from "../paging.ts";
import { invalidNextToken } from "./errors.ts";
import { PAGE_ITEMS } from "./limits.ts";

/** A page of names or ids. */
export function pageOfNames(names: readonly string[], token: string | undefined): Page<string> {
  return pageOf(names, {
    keyOf: (name) => name,
    token,
    limit: PAGE_ITEMS,
    badToken: invalidNextToken,
  });
}
