/** How a request that a target has is ended before its time. */
export interface FlightControl {
  onCut(cut: () => void): void;
}

/** One request that a target has. */
export class Flight implements FlightControl {
  #cut: () => void = () => undefined;
  #isCut = false;

  onCut(cut: () => void): void {
    this.#cut = cut;
    if (this.#isCut) cut();
  }

  cut(): void {
    this.#isCut = true;
    this.#cut();
  }
}

/** The requests that targets have now. */
export class InFlight {
  readonly #flights = new Map<string, Set<Flight>>();

  begin(groupArn: string, key: string): Flight {
    const id = idOf(groupArn, key);
    const flight = new Flight();
    const flights = this.#flights.get(id);
    if (flights === undefined) this.#flights.set(id, new Set([flight]));
    else flights.add(flight);
    return flight;
  }

  end(groupArn: string, key: string, flight: Flight): void {
    const id = idOf(groupArn, key);
    const flights = this.#flights.get(id);
    flights?.delete(flight);
    if (flights?.size === 0) this.#flights.delete(id);
  }

  count(groupArn: string, key: string): number {
    return this.#flights.get(idOf(groupArn, key))?.size ?? 0;
  }

  /** Ends what a target still has. */
  cut(groupArn: string, key: string): void {
    for (const flight of this.#flights.get(idOf(groupArn, key)) ?? []) flight.cut();
  }

  cutAll(): void {
    for (const flights of this.#flights.values()) {
      for (const flight of flights) flight.cut();
    }
  }
}

function idOf(groupArn: string, key: string): string {
  return `${groupArn} ${key}`;
}
