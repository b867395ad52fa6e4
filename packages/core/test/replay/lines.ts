import type { BucketLine } from "../../src/index.ts";

/** Canary errors and requests, stable errors and requests. */
export type Counts = readonly [k1: number, n1: number, k0: number, n0: number];

/** A line that ends at `atMs`, at 10 %. */
export function lineAt(atMs: number, [k1, n1, k0, n0]: Counts): BucketLine {
  return {
    run: "r1",
    atMs,
    weightBps: 1000,
    stable: { requests: n0, errors: k0 },
    canary: { requests: n1, errors: k1 },
  };
}
