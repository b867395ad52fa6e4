/** Leave to run one process. `free` gives it back; a second call does nothing. */
export interface Place {
  free(): void;
}

/** Who waits for a place. `give` is called once; from then on it no longer waits. */
export interface PlaceWaiter {
  give(place: Place): void;
}

/**
 * How many worker processes may live at once, over all functions. Who comes when all places are taken
 * waits in line, and something idle has to go for it.
 */
export class ProcessPlaces {
  readonly #max: number;
  readonly #evictIdle: () => void;
  readonly #line = new Set<PlaceWaiter>();
  #takenCount = 0;

  /** `evictIdle` ends the worker that has been idle longest, if there is one: its place comes free soon. */
  constructor(max: number, evictIdle: () => void) {
    this.#max = max;
    this.#evictIdle = evictIdle;
  }

  get max(): number {
    return this.#max;
  }

  /** Who has waited longest. */
  get first(): PlaceWaiter | undefined {
    const [first] = this.#line;
    return first;
  }

  /** A place at once; undefined when all are taken. */
  take(): Place | undefined {
    if (this.#takenCount >= this.#max) return undefined;
    this.#takenCount++;
    return this.#place();
  }

  queue(waiter: PlaceWaiter): void {
    this.#line.add(waiter);
    this.#evictIdle();
  }

  leave(waiter: PlaceWaiter): void {
    this.#line.delete(waiter);
  }

  #place(): Place {
    let isFree = false;
    return {
      free: () => {
        if (isFree) return;
        isFree = true;
        this.#passOn();
      },
    };
  }

  #passOn(): void {
    const { first } = this;
    if (first === undefined) {
      this.#takenCount--;
      return;
    }
    this.#line.delete(first);
    first.give(this.#place());
  }
}
