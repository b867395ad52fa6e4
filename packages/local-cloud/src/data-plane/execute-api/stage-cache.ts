import type { GatewayAnswer } from "./gateway-answer.ts";

/** Largest answer that is kept. Source: AWS docs, "Cache settings for REST APIs in API Gateway". */
export const CACHED_BYTES_MAX = 1_048_576;

/** How much one cache holds, whatever cluster size was ordered. Ours: it is this process's memory. */
const CACHE_BYTES_MAX = 64 * 1024 * 1024;

/** What an entry takes beside its body: headers, key, and the map's own. An estimate, to bound many small ones. */
const ENTRY_OVERHEAD_BYTES = 1024;

interface Entry {
  readonly answer: GatewayAnswer;
  readonly bytes: number;
  readonly goneAtMs: number;
}

/** Answers of one stage, or of its canary, by cache key. The oldest make room when it is full. */
export class StageCache {
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  get(key: string, nowMs: number): GatewayAnswer | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (nowMs < entry.goneAtMs) return entry.answer;
    this.#delete(key, entry);
    return undefined;
  }

  put(key: string, answer: GatewayAnswer, goneAtMs: number): void {
    const old = this.#entries.get(key);
    if (old !== undefined) this.#delete(key, old);
    const bodyBytes = Buffer.byteLength(answer.body);
    if (bodyBytes > CACHED_BYTES_MAX) return;
    const bytes = bodyBytes + ENTRY_OVERHEAD_BYTES;
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes + bytes <= CACHE_BYTES_MAX) break;
      this.#delete(oldest, entry);
    }
    this.#entries.set(key, { answer, bytes, goneAtMs });
    this.#bytes += bytes;
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #delete(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}

interface Cluster {
  readonly size: string | undefined;
  readonly stage: StageCache;
  readonly canary: StageCache;
}

/** The caches of all stages. A cluster that is switched off, or gets another size, starts empty. */
export class StageCaches {
  readonly #clusters = new Map<string, Cluster>();

  /** @param stage its API's id and its name. */
  of(
    stage: string,
    { size, isOwnOfCanary }: { readonly size: string | undefined; readonly isOwnOfCanary: boolean },
  ): StageCache {
    let cluster = this.#clusters.get(stage);
    if (cluster?.size !== size || cluster === undefined) {
      cluster = { size, stage: new StageCache(), canary: new StageCache() };
      this.#clusters.set(stage, cluster);
    }
    return isOwnOfCanary ? cluster.canary : cluster.stage;
  }

  /** Empties both caches of a stage. Unverified: that a flush takes the canary's along. */
  flush(stage: string): void {
    this.#clusters.get(stage)?.stage.clear();
    this.#clusters.get(stage)?.canary.clear();
  }

  drop(stage: string): void {
    this.#clusters.delete(stage);
  }
}

export function stageKey(apiId: string, stageName: string): string {
  return `${apiId}/${stageName}`;
}
