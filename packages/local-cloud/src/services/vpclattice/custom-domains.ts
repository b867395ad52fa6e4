import type { HostNames } from "../../data-plane/host-names.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import { type PlaceState, SERVICE } from "./state.ts";

/** The services' custom domain names, each with and without ".localhost" behind it. */
export class CustomDomains {
  readonly #hostNames: HostNames;
  readonly #claimed = new Map<string, { readonly serviceId: string; readonly place: Place }>();

  constructor(hostNames: HostNames) {
    this.#hostNames = hostNames;
  }

  /** The id of the service that has a name; undefined for what is no name of ours. */
  serviceOf(name: string): string | undefined {
    return this.#claimed.get(name)?.serviceId;
  }

  /** Claims the names of a place's services, and gives back those of services that are gone. */
  follow({ place, services }: PlaceState): void {
    for (const [name, claim] of this.#claimed) {
      if (claim.place === place && !services.has(claim.serviceId)) this.#release(name);
    }
    for (const { id: serviceId, customDomainName } of services.values()) {
      if (customDomainName === undefined) continue;
      for (const name of [customDomainName, `${customDomainName}.localhost`]) {
        this.#claimed.set(name, { serviceId, place });
        this.#hostNames.claim(name, { service: SERVICE, door: "vpc-lattice-domain" });
      }
    }
  }

  close(): void {
    for (const name of this.#claimed.keys()) this.#release(name);
  }

  #release(name: string): void {
    this.#claimed.delete(name);
    this.#hostNames.release(name);
  }
}
