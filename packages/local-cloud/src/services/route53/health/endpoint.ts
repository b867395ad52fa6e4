import type { HealthCheckConfig } from "@aws-sdk/client-route-53";
import { findDoor } from "../../../data-plane/doors.ts";
import type { Cloud } from "../../../service.ts";
import type { Endpoint } from "./probe.ts";

/** Where a check looks: at its address, or where its name leads. Names of the cloud's own things lead to the cloud. */
export function endpointOf(cloud: Cloud, config: HealthCheckConfig): Endpoint {
  const { Type = "HTTP", IPAddress: address, FullyQualifiedDomainName: domain } = config;
  const isTls = Type.startsWith("HTTPS");
  const usual = isTls ? 443 : 80;
  const port = config.Port ?? usual;
  const name = domain ?? address ?? "";
  const header = port === usual ? name : `${name}:${port}`;
  if (address === undefined && leadsHere(cloud, header)) {
    const own = new URL(cloud.endpointUrl());
    return {
      protocol: "http",
      host: own.hostname.replace(/^\[|\]$/g, ""),
      port: Number(own.port),
      name: header,
    };
  }
  return { protocol: isTls ? "https" : "http", host: address ?? name, port, name: header };
}

function leadsHere({ hostNames, options }: Cloud, host: string): boolean {
  const door = findDoor(host, "/", options.region) ?? hostNames.find(host, "/", options.region);
  return door !== undefined;
}
