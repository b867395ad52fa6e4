/**
 * AWS's token bucket: `burst` requests may come at once, and `rate` per second come back.
 * Source: AWS docs, "Throttle requests to your REST APIs".
 */
export class TokenBucket {
  readonly rate: number;
  readonly burst: number;
  #tokens: number;
  #filledAtMs: number;

  constructor(limits: { readonly rate: number; readonly burst: number }, nowMs: number) {
    this.rate = limits.rate;
    this.burst = limits.burst;
    this.#tokens = limits.burst;
    this.#filledAtMs = nowMs;
  }

  /** Takes a token if there is one. */
  take(nowMs: number): boolean {
    const elapsedMs = Math.max(0, nowMs - this.#filledAtMs);
    this.#filledAtMs = nowMs;
    this.#tokens = Math.min(this.burst, this.#tokens + (elapsedMs / 1000) * this.rate);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

export interface Limits {
  readonly rate: number;
  readonly burst: number;
}

/** Buckets by what they guard. A bucket starts full again when its limits change. */
export class Throttle {
  readonly #buckets = new Map<string, TokenBucket>();

  /** A negative limit is no limit. */
  admits(name: string, limits: Limits, nowMs: number): boolean {
    if (limits.rate < 0 || limits.burst < 0) return true;
    let bucket = this.#buckets.get(name);
    if (bucket?.rate !== limits.rate || bucket.burst !== limits.burst) {
      bucket = new TokenBucket(limits, nowMs);
      this.#buckets.set(name, bucket);
    }
    return bucket.take(nowMs);
  }
}
