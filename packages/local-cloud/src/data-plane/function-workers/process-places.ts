/** Leave to run one process. */
export interface Place {
  /** The process has started, or never will: another may start. A second call does nothing. */
  started(): void;
  /** Gives the place back; a second call does nothing. */
  free(): void;
}

/** Who waits for a place. `give` is called once; from then on it no longer waits. */
export interface PlaceWaiter {
  give(place: Place): void;
}

export interface PlacesOptions {
  /** How many worker processes may live at once, over all functions. */
  readonly max: number;
  /**
   * How many of them may be starting. A machine that starts a process for each request of a burst has no time left to
   * answer, and more requests come meanwhile: who waits is mostly served by a process that is there already.
   */
  readonly startsMax: number;
  /** Ends the worker that has been idle longest, if there is one: its place comes free soon. */
  readonly evictIdle: () => void;
}

/** Who comes when there is no place, or too much is starting, waits in line. For a place something idle has to go. */
export class ProcessPlaces {
  readonly #options: PlacesOptions;
  readonly #line = new Set<PlaceWaiter>();
  #takenCount = 0;
  #startingCount = 0;

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  get max(): number {
    return this.#options.max;
  }

  /** Whether as many live as may: a new one needs the place of another. */
  get isFull(): boolean {
    return this.#takenCount >= this.#options.max;
  }

  /** Who has waited longest. */
  get first(): PlaceWaiter | undefined {
    const [first] = this.#line;
    return first;
  }

  /** A place at once; undefined when there is none, or too much is starting. */
  take(): Place | undefined {
    if (this.isFull || this.#startingCount >= this.#options.startsMax) return undefined;
    this.#takenCount++;
    this.#startingCount++;
    return this.#place();
  }

  queue(waiter: PlaceWaiter): void {
    this.#line.add(waiter);
    if (this.isFull) this.#options.evictIdle();
  }

  leave(waiter: PlaceWaiter): void {
    this.#line.delete(waiter);
  }

  #place(): Place {
    let isStarting = true;
    let isFree = false;
    const started = () => {
      if (!isStarting) return;
      isStarting = false;
      this.#startingCount--;
      this.#passOn();
    };
    return {
      started,
      free: () => {
        if (isFree) return;
        isFree = true;
        this.#takenCount--;
        started();
        this.#passOn();
      },
    };
  }

  #passOn(): void {
    for (let { first } = this; first !== undefined; first = this.first) {
      const place = this.take();
      if (place === undefined) return;
      this.#line.delete(first);
      first.give(place);
    }
  }
}
