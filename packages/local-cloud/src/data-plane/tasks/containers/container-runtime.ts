import { isJsonObject } from "../../../json-object.ts";
import {
  type ContainerExit,
  type ContainerLaunch,
  LaunchError,
  type RunningContainer,
  type TaskRuntime,
} from "../task-runtime.ts";
import { createRequest } from "./create-request.ts";
import { type Engine, EngineError } from "./engine.ts";
import { engineContainer, followContainer } from "./engine-container.ts";
import { EngineImages } from "./engine-images.ts";
import { removeContainer, removeLeftovers } from "./leftovers.ts";
import { findWayToHost, type WayToHost } from "./way-to-host.ts";

export interface ContainerRuntimeOptions {
  readonly engine: Engine;
  /** "Podman Engine 4.3.1" */
  readonly version: string;
  readonly endpointUrl: () => string;
}

/** The network of one task: that of the container which started first. */
interface Network {
  readonly ownerId: string;
  readonly addresses: Map<number, { host: string; port: number }>;
  users: number;
}

/**
 * Runs tasks in containers of an engine that speaks Docker's API. What killed clouds have left is removed first.
 * @throws {EngineError}
 */
export async function openContainerRuntime(options: ContainerRuntimeOptions): Promise<TaskRuntime> {
  const { engine, version, endpointUrl } = options;
  await removeLeftovers(engine);
  const isPodman = version.startsWith("Podman");
  const way = await findWayToHost(engine, isPodman, endpointUrl());
  return new ContainerRuntime(engine, { version, isPodman, way });
}

class ContainerRuntime implements TaskRuntime {
  readonly kind = "containers";
  readonly description: string;
  readonly #engine: Engine;
  readonly #images: EngineImages;
  readonly #way: WayToHost;
  readonly #isPodman: boolean;
  /** By the id of the launch that started first. */
  readonly #networks = new Map<string, Network>();
  readonly #live = new Set<RunningContainer>();
  readonly #closed = new AbortController();

  constructor(
    engine: Engine,
    about: { readonly version: string; readonly isPodman: boolean; readonly way: WayToHost },
  ) {
    this.description = `containers (${about.version} at ${engine.address})`;
    this.#engine = engine;
    this.#images = new EngineImages(engine);
    this.#way = about.way;
    this.#isPodman = about.isPodman;
  }

  endpointFor(url: string): string {
    return this.#way.endpointFor(url);
  }

  async start(launch: ContainerLaunch): Promise<RunningContainer> {
    const image = await this.#images.provide(launch.image);
    const networkId = launch.sharesNetworkWith ?? launch.id;
    const joined = this.#networks.get(networkId);
    const id = await this.#create(launch, image, joined?.ownerId);
    try {
      await this.#engine.require({ method: "POST", path: `/containers/${id}/start` }, 204, 304);
    } catch (error) {
      await removeContainer(this.#engine, id).catch(() => {});
      throw asLaunchError("CannotStartContainerError", error);
    }
    const network = joined ?? { ownerId: id, addresses: await this.#addressesOf(id), users: 0 };
    this.#networks.set(networkId, network);
    network.users++;
    const addresses = new Map(
      launch.ports.flatMap((port) => {
        const address = network.addresses.get(port);
        return address === undefined ? [] : [[port, address] as const];
      }),
    );
    const signal = this.#closed.signal;
    const followed = {
      engine: this.#engine,
      id,
      addresses,
      signal,
      hasMemoryLimit: launch.memoryMiB !== undefined,
      asked: new AbortController(),
    };
    const ended = followContainer(followed, launch.onLine).then(
      async (exit): Promise<ContainerExit> => {
        await this.#leave(network, networkId, id);
        this.#live.delete(container);
        return exit;
      },
    );
    const container = engineContainer(followed, ended);
    this.#live.add(container);
    if (signal.aborted) await container.stop(0);
    return container;
  }

  async close(): Promise<void> {
    const stopped = [...this.#live].map((container) => container.stop(0));
    await Promise.allSettled(stopped);
    this.#closed.abort();
    await this.#images.close();
    await this.#way.close();
    await this.#engine.close();
  }

  async #create(
    launch: ContainerLaunch,
    image: string,
    networkOf: string | undefined,
  ): Promise<string> {
    const json = createRequest(launch, {
      image,
      networkOf,
      extraHosts: this.#way.extraHosts,
      isPodman: this.#isPodman,
    });
    const path = `/containers/create?name=${encodeURIComponent(containerName(launch.id))}`;
    try {
      const created = await this.#engine.require({ method: "POST", path, json }, 201);
      return String(created.json?.["Id"]);
    } catch (error) {
      throw asLaunchError("CannotCreateContainerError", error);
    }
  }

  /** Source: Docker Engine API, ContainerInspect: NetworkSettings.Ports. */
  async #addressesOf(id: string): Promise<Network["addresses"]> {
    const path = `/containers/${id}/json`;
    const { json } = await this.#engine.require({ method: "GET", path }, 200);
    const settings = json?.["NetworkSettings"];
    const ports = isJsonObject(settings) ? settings["Ports"] : undefined;
    const addresses: Network["addresses"] = new Map();
    for (const [name, bindings] of Object.entries(isJsonObject(ports) ? ports : {})) {
      const [first]: unknown[] = Array.isArray(bindings) ? bindings : [];
      if (!isJsonObject(first)) continue;
      const port = Number(first["HostPort"]);
      addresses.set(Number.parseInt(name, 10), { host: "127.0.0.1", port });
    }
    return addresses;
  }

  /** The owner of a network goes last: engines keep a container in whose network others live. */
  async #leave(network: Network, networkId: string, id: string): Promise<void> {
    network.users--;
    const isOwner = network.ownerId === id;
    // Nobody can join the network of a container that has ended: who comes next begins a new one.
    if (isOwner && this.#networks.get(networkId) === network) this.#networks.delete(networkId);
    if (!isOwner) await removeContainer(this.#engine, id).catch(() => false);
    if (network.users === 0) {
      await removeContainer(this.#engine, network.ownerId).catch(() => false);
    }
  }
}

/** Source: Docker's own rule for names, `[a-zA-Z0-9][a-zA-Z0-9_.-]+`. */
function containerName(id: string): string {
  return `headgate-${process.pid}-${id.replace(/[^\w.-]/g, "-")}`;
}

function asLaunchError(reason: string, error: unknown): unknown {
  return error instanceof EngineError
    ? new LaunchError(reason, error.message, { cause: error })
    : error;
}
