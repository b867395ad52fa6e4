import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { Engine } from "./engine.ts";

/** An engine that has just answered. */
export interface FoundEngine {
  readonly engine: Engine;
  /** "Podman Engine 4.3.1" */
  readonly version: string;
}

/**
 * The first container engine that answers: where DOCKER_HOST says, and only there when it says so, else Docker's
 * and Podman's usual sockets.
 */
export async function findEngine(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<FoundEngine | { readonly tried: readonly string[] }> {
  const tried = addressesOf(environment);
  for (const address of tried) {
    const engine = engineAt(address);
    const version = await engine?.version();
    if (engine !== undefined && version !== undefined) return { engine, version };
    await engine?.close();
  }
  return { tried };
}

function addressesOf(environment: Readonly<Record<string, string | undefined>>): string[] {
  const { DOCKER_HOST: host, XDG_RUNTIME_DIR: runtime } = environment;
  if (host !== undefined && host !== "") return [host];
  const sockets = [
    "/var/run/docker.sock",
    join(homedir(), ".docker/run/docker.sock"),
    ...(runtime === undefined || runtime === "" ? [] : [join(runtime, "podman/podman.sock")]),
    "/run/podman/podman.sock",
  ];
  return sockets.map((path) => `unix://${path}`);
}

/** Undefined for an address that nobody can be at: a missing socket, ssh. */
function engineAt(address: string): Engine | undefined {
  const [, socket] = /^unix:\/\/(.+)$/.exec(address) ?? [];
  if (socket !== undefined && !existsSync(socket)) return undefined;
  return /^(unix|tcp|http):\/\/./.test(address) ? new Engine(address) : undefined;
}
