import type { DoorMatch } from "../../service.ts";
import { type CustomDomain, mapRequest } from "./custom-domain.ts";
import { splitTarget, type Target } from "./gateway-request.ts";
import type { LiveApis } from "./live-apis.ts";

/** The door of requests whose Host is a custom domain name. */
export const CUSTOM_DOMAIN_DOOR = "custom-domain";

/** Which stage of which API a request names, and how. */
export interface Address {
  readonly apiId: string;
  readonly target: Target;
  readonly domain: CustomDomain | undefined;
}

/** Undefined for a path of a custom domain that leads nowhere. */
export function addressOf(
  apis: LiveApis,
  { door, id, path }: DoorMatch,
  host: string | undefined,
): Address | undefined {
  if (door !== CUSTOM_DOMAIN_DOOR) {
    return { apiId: id, target: splitTarget(path), domain: undefined };
  }
  const mapped = mapRequest(apis.domainMappings(id) ?? [], path);
  if (mapped === undefined) return undefined;
  const { apiId, target, basePath } = mapped;
  return { apiId, target, domain: { host: (host ?? id).replace(/:\d+$/, ""), basePath } };
}
