import type { Place } from "../../telemetry/metric-sink.ts";

/** A function's alias and where it leads. */
export interface AliasView {
  /** "3" */
  readonly functionVersion: string;
  /** Shares from 0 to 1 by version; empty when all traffic goes to `functionVersion`. */
  readonly weights: Readonly<Record<string, number>>;
}

/** Function aliases, for services that move their traffic. */
export interface AliasPort {
  /** Undefined when there is no such function or alias. */
  find(
    alias: Place & { readonly functionName: string; readonly name: string },
  ): AliasView | undefined;
  hasVersion(version: Place & { readonly functionName: string; readonly version: string }): boolean;
  /**
   * Writes where an alias leads, weights and all, as UpdateAlias does.
   * @throws {AwsError} as UpdateAlias does.
   */
  route(
    alias: Place & { readonly functionName: string; readonly name: string },
    to: AliasView,
  ): void;
}
