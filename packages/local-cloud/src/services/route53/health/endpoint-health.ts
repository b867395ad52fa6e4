import type { Sight } from "./probe.ts";

/** What is known of one endpoint. Never stored: after a restart all are looked at anew. */
export interface EndpointHealth {
  readonly isHealthy: boolean;
  /** Sights in a row that said otherwise than `isHealthy`. */
  readonly against: number;
  readonly last: { readonly status: string; readonly atMs: number } | undefined;
  readonly lastFailure: { readonly status: string; readonly atMs: number } | undefined;
}

/** Before it was looked at, an endpoint is taken for well. Source: AWS docs, "How Amazon Route 53 determines the status of health checks". */
export const UNSEEN: EndpointHealth = {
  isHealthy: true,
  against: 0,
  last: undefined,
  lastFailure: undefined,
};

/** It takes `failureThreshold` sights in a row to change the status, in both directions. */
export function afterSight(
  before: EndpointHealth,
  { isSuccess, status }: Sight,
  failureThreshold: number,
  atMs: number,
): EndpointHealth {
  const last = { status, atMs };
  const lastFailure = isSuccess ? before.lastFailure : last;
  if (isSuccess === before.isHealthy) return { ...before, against: 0, last, lastFailure };
  const against = before.against + 1;
  return against >= failureThreshold
    ? { isHealthy: isSuccess, against: 0, last, lastFailure }
    : { ...before, against, last, lastFailure };
}
