import { createHash } from "node:crypto";
import type { Cloud } from "../../service.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import type { ServiceRow } from "./state.ts";

/**
 * A service's own name. AWS's ends in ".on.aws" and is found by DNS inside of a VPC only; this one leads to
 * the cloud as it stands, because `*.localhost` is the machine itself, and so it carries the port.
 */
export function dnsEntryOf(cloud: Cloud, place: Place, row: Pick<ServiceRow, "id" | "name">) {
  const { port } = new URL(cloud.endpointUrl());
  const label = `${row.name}-${row.id.slice("svc-".length)}`;
  return {
    domainName: `${label}.${zoneOf(place)}.vpc-lattice-svcs.${place.region}.localhost:${port}`,
    hostedZoneId: `Z${zoneOf(place).toUpperCase()}LATTICE00`,
  };
}

/** The seven digits that all services of an account and region share, as on AWS. */
function zoneOf({ account, region }: Place): string {
  return createHash("sha256").update(`${account}/${region}`).digest("hex").slice(0, 7);
}
