import type { OpenDoor } from "./doors.ts";
import type { ServiceName } from "../services/registry.ts";

/** Where a host name of a user's own leads. */
interface Claim {
  readonly service: ServiceName;
  readonly door: string;
}

/**
 * Host names that users chose for their traffic, beside the fixed forms of `doors.ts`. Services claim them from
 * their own rows, again when they resume, so nothing is stored here.
 */
export interface HostNames {
  /** @param name lower-case; "*.example.com" stands for every name with one more label. */
  claim(name: string, claim: Claim): void;
  release(name: string): void;
  /** The door's id is the name as it was claimed. */
  find(host: string | undefined, target: string, ownRegion: string): OpenDoor | undefined;
  clear(): void;
}

export function createHostNames(): HostNames {
  const claims = new Map<string, Claim>();
  return {
    claim: (name, claim) => void claims.set(name, claim),
    release: (name) => void claims.delete(name),
    find(host, target, region) {
      if (claims.size === 0 || host === undefined) return undefined;
      const name = host.replace(/:\d+$/, "").toLowerCase();
      const wildcard = name.replace(/^[^.]+/, "*");
      const id = claims.has(name) ? name : wildcard;
      const claim = claims.get(id);
      if (claim === undefined) return undefined;
      return { service: claim.service, match: { door: claim.door, id, region, path: target } };
    },
    clear: () => claims.clear(),
  };
}
