import { findDoor, type OpenDoor } from "./doors.ts";
import type { ServiceName } from "../services/registry.ts";

/** Where a host name of a user's own leads. */
interface Claim {
  readonly service: ServiceName;
  readonly door: string;
}

/** The host name that a name leads to this time; undefined for a name that leads nowhere. */
type Resolve = (name: string) => string | undefined;

/**
 * Host names that users chose for their traffic, beside the fixed forms of `doors.ts`. Services claim them from
 * their own rows, again when they resume, so nothing is stored here.
 */
export interface HostNames {
  /** @param name lower-case; "*.example.com" stands for every name with one more label. */
  claim(name: string, claim: Claim): void;
  release(name: string): void;
  /** Lets DNS records point to `target`, which no request names itself, and get to the claimed name. */
  claimTarget(target: string, name: string): void;
  releaseTarget(target: string): void;
  /** Lets DNS records lead names to doors, from now on. They are asked at every request, before the claims. */
  resolveWith(resolve: Resolve | undefined): void;
  /** The door's id is the name as it was claimed. */
  find(host: string | undefined, target: string, ownRegion: string): OpenDoor | undefined;
  clear(): void;
}

export function createHostNames(): HostNames {
  const claims = new Map<string, Claim>();
  const targets = new Map<string, string>();
  let resolve: Resolve | undefined;

  const findClaim = (name: string, path: string, region: string): OpenDoor | undefined => {
    const wildcard = name.replace(/^[^.]+/, "*");
    const id = claims.has(name) ? name : wildcard;
    const claim = claims.get(id);
    if (claim === undefined) return undefined;
    return { service: claim.service, match: { door: claim.door, id, region, path } };
  };

  /** The door behind the name that records lead to. */
  const findResolved = (name: string, path: string, region: string): OpenDoor | undefined => {
    const to = resolve?.(name.replace(/\.localhost$/, ""));
    if (to === undefined) return undefined;
    return findDoor(to, path, region) ?? findClaim(targets.get(to) ?? to, path, region);
  };

  return {
    claim: (name, claim) => void claims.set(name, claim),
    release: (name) => void claims.delete(name),
    claimTarget: (target, name) => void targets.set(target, name),
    releaseTarget: (target) => void targets.delete(target),
    resolveWith: (given) => void (resolve = given),
    find(host, path, region) {
      if (host === undefined || (claims.size === 0 && resolve === undefined)) return undefined;
      const name = host.replace(/:\d+$/, "").toLowerCase();
      return findResolved(name, path, region) ?? findClaim(name, path, region);
    },
    clear() {
      claims.clear();
      targets.clear();
      resolve = undefined;
    },
  };
}
