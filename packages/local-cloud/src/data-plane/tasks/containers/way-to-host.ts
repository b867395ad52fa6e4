import { isJsonObject } from "../../../json-object.ts";
import type { Engine } from "./engine.ts";
import { openLoopbackDoor } from "./loopback-door.ts";

/** How containers reach the cloud, which listens on this machine's loopback. */
export interface WayToHost {
  endpointFor(url: string): string;
  /** For HostConfig. */
  readonly extraHosts: readonly string[];
  close(): Promise<void>;
}

/**
 * On Linux containers have no way to this machine's loopback, so a door is opened for them. Docker's and Podman's
 * machines on other systems lead there themselves.
 * Source: Docker's docs, "Networking on Docker Desktop"; `podman run` manual, "host.containers.internal".
 */
export async function findWayToHost(
  engine: Engine,
  isPodman: boolean,
  endpointUrl: string,
): Promise<WayToHost> {
  const own = new URL(endpointUrl);
  const name = isPodman ? "host.containers.internal" : "host.docker.internal";
  const port = Number(own.port === "" ? 80 : own.port);
  const isLinux = process.platform === "linux";
  const door = isLinux
    ? await openLoopbackDoor({ host: own.hostname, port }, await subnetsOf(engine))
    : undefined;
  return {
    endpointFor(url) {
      const wanted = new URL(url);
      if (wanted.host !== own.host) return url;
      wanted.host = `${name}:${door?.port ?? port}`;
      return wanted.href.replace(/\/$/, url.endsWith("/") ? "/" : "");
    },
    // Podman names the host by itself.
    extraHosts: isLinux && !isPodman ? [`${name}:host-gateway`] : [],
    close: async () => door?.close(),
  };
}

async function subnetsOf(engine: Engine): Promise<string[]> {
  const { text } = await engine.require({ method: "GET", path: "/networks" }, 200);
  const networks: unknown = JSON.parse(text);
  if (!Array.isArray(networks)) return [];
  return networks
    .filter(isJsonObject)
    .map((network) => network["IPAM"])
    .filter(isJsonObject)
    .flatMap((ipam): unknown[] => (Array.isArray(ipam["Config"]) ? ipam["Config"] : []))
    .filter(isJsonObject)
    .flatMap(({ Subnet: subnet }) => (typeof subnet === "string" ? [subnet] : []));
}
