/** The requests that targets have now. */
export class InFlight {
  readonly #requests = new Map<string, Set<AbortController>>();

  /** @returns what aborts when the target's time is over, and the way to say that the request has ended. */
  begin(groupArn: string, key: string) {
    const id = `${groupArn} ${key}`;
    const requests = this.#requests.get(id) ?? new Set();
    this.#requests.set(id, requests);
    const abort = new AbortController();
    requests.add(abort);
    return {
      signal: abort.signal,
      end: () => {
        requests.delete(abort);
        if (requests.size === 0 && this.#requests.get(id) === requests) this.#requests.delete(id);
      },
    };
  }

  count(groupArn: string, key: string): number {
    return this.#requests.get(`${groupArn} ${key}`)?.size ?? 0;
  }

  /** Ends what a target still has. */
  cut(groupArn: string, key: string): void {
    for (const abort of this.#requests.get(`${groupArn} ${key}`) ?? []) abort.abort();
  }

  cutAll(): void {
    for (const requests of this.#requests.values()) {
      for (const abort of requests) abort.abort();
    }
  }
}
