/** One page of a list and the token of the next, absent on the last page. */
export interface Page<Item> {
  readonly items: Item[];
  readonly nextToken: string | undefined;
}

/**
 * Cuts a page out of `items`, which must be in a stable order. The token names the last item that was
 * given, so items that come or go between two calls neither repeat nor hide others.
 *
 * @param request.token as given by an earlier page; `badToken` is thrown when it is not one of ours.
 */
export function pageOf<Item>(
  items: Iterable<Item>,
  request: {
    readonly keyOf: (item: Item) => string;
    readonly token: string | undefined;
    readonly limit: number;
    readonly badToken: () => Error;
  },
): Page<Item> {
  const { keyOf, token, limit, badToken } = request;
  const all = Array.isArray(items) ? (items as readonly Item[]) : [...items];
  const start = token === undefined ? 0 : startAfter(all, keyOf, keyFromToken(token, badToken));
  const page = all.slice(start, start + limit);
  const last = page.at(-1);
  const more = start + page.length < all.length && last !== undefined;
  return { items: page, nextToken: more ? tokenFromKey(keyOf(last)) : undefined };
}

/** Where to go on. When the named item is gone, after the last one that sorts before it. */
function startAfter<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  key: string,
): number {
  const index = items.findIndex((item) => keyOf(item) === key);
  if (index >= 0) return index + 1;
  const later = items.findIndex((item) => keyOf(item) > key);
  return later >= 0 ? later : items.length;
}

const PREFIX = "hg1:";

function tokenFromKey(key: string): string {
  return Buffer.from(PREFIX + key, "utf8").toString("base64url");
}

function keyFromToken(token: string, badToken: () => Error): string {
  const text = Buffer.from(token, "base64url").toString("utf8");
  if (!text.startsWith(PREFIX)) throw badToken();
  return text.slice(PREFIX.length);
}
