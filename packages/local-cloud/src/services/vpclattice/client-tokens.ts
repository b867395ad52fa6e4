import type { RequestContext } from "../../service.ts";
import { conflict, type ResourceType } from "./errors.ts";
import { TOKEN_KEPT_MS } from "./limits.ts";
import type { Lattice, PlaceState } from "./state.ts";

/**
 * Runs `create` once for each client token: the same call again finds what the first one made.
 * Source: AWS docs, the `clientToken` of every create operation. Unverified: the error for a token that
 * comes back with another call.
 *
 * @param find undefined when it has been deleted since: then it is made anew.
 */
export function createOnce<Row extends { readonly id: string }>(
  lattice: Lattice,
  state: PlaceState,
  context: RequestContext,
  call: {
    readonly type: ResourceType;
    readonly input: { readonly clientToken?: string | undefined };
    readonly find: (id: string) => Row | undefined;
    readonly create: () => Row;
  },
): Row {
  const { clientToken, ...rest } = call.input;
  if (clientToken === undefined) return call.create();
  const { clock, store } = lattice.cloud;
  const nowMs = clock.nowMs();
  const key = `${context.operation} ${clientToken}`;
  const fingerprint = JSON.stringify(rest);
  const known = state.tokens.get(key);
  const row = known && call.find(known.resourceId);
  if (known !== undefined && row !== undefined) {
    if (known.fingerprint === fingerprint) return row;
    throw conflict(
      { type: call.type, id: known.resourceId },
      "was created with the same clientToken and other parameters",
    );
  }
  return store.transaction(() => {
    const created = call.create();
    for (const [token, { atMs }] of state.tokens.entries()) {
      if (atMs + TOKEN_KEPT_MS > nowMs) break;
      state.tokens.delete(token);
    }
    state.tokens.set(key, { fingerprint, resourceId: created.id, atMs: nowMs });
    return created;
  });
}
