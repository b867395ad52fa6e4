import type { Cloud } from "../../service.ts";
import type { Tokens } from "./authorization-token.ts";
import type { LayerStore } from "./layers/layer-store.ts";
import type { Uploads } from "./layers/uploads.ts";
import type { EcrState, PlaceState } from "./state.ts";

/** What every operation of the service, and the registry, work with. */
export interface EcrParts {
  readonly cloud: Cloud;
  readonly ecr: EcrState;
  readonly layers: LayerStore;
  readonly uploads: Uploads;
  readonly tokens: Tokens;
}

/** The tables that a call is about: `registryId` may name another account's. */
export function placeOf(
  { ecr }: EcrParts,
  context: { readonly account: string; readonly region: string },
  { registryId }: { readonly registryId?: string | undefined },
): PlaceState {
  return ecr.in({ account: registryId ?? context.account, region: context.region });
}
