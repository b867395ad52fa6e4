import type { Clients } from "../../packages/cli/src/demo/shop.ts";

/** Something of the local cloud that splits traffic between two versions. */
export interface SplitTarget {
  readonly name: string;
  readonly url: string;
  /** The whole body that each side answers with. */
  readonly answers: { readonly stable: string; readonly canary: string };
  /** One request of `oneIn` is meant for the canary. */
  setShare(oneIn: number): Promise<void>;
}

export interface Site {
  readonly endpoint: string;
  readonly clients: Clients;
}
