import { rmSync } from "node:fs";
import { createBus } from "./bus.ts";
import type { Clock } from "./clock.ts";
import { createHostNames } from "./data-plane/host-names.ts";
import type { Ports } from "./data-plane/ports.ts";
import type { TaskRuntime } from "./data-plane/tasks/task-runtime.ts";
import { createAuthority } from "./iam-enforcement/authority.ts";
import { createIdentities, type KeyPair } from "./identity.ts";
import type { Random } from "./random.ts";
import { openScratch } from "./scratch.ts";
import type { Cloud, Service } from "./service.ts";
import { PORT_OWNERS, SERVICES, type ServiceName } from "./services/registry.ts";
import type { Store } from "./storage/store.ts";
import { createLogStore } from "./telemetry/log-store.ts";
import { createMetricStore } from "./telemetry/metric-store.ts";

export interface CloudParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store;
  readonly account: string;
  readonly region: string;
  /** The pair that may sign for `account`. Default test/test. */
  readonly rootKey?: KeyPair | undefined;
  /** Known only once the server listens. */
  readonly endpointUrl: () => string;
  /** Left out where there is no server. */
  readonly serveTls?: () => void;
  /** Whether users and roles may do only what policies allow them. */
  readonly enforcesIam?: boolean;
  readonly warn: (message: string) => void;
  /** Left out where nobody listens. */
  readonly notice?: (message: string) => void;
  /** What runs containers. Left out: what this machine has. */
  readonly taskRuntime?: TaskRuntime | TaskRuntime["kind"] | undefined;
}

/** The cloud without its HTTP server: shared parts, and services loaded when first needed. */
export interface CloudCore {
  readonly cloud: Cloud;
  service(name: ServiceName): Promise<Service>;
  loadedServices(): ServiceName[];
  /** Loads the services that have stored state, so that their alarms and retries go on. */
  resume(): Promise<void>;
  /** Forgets all state of all accounts and regions. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export function createCloud(parts: CloudParts): CloudCore {
  const { clock, random, store, warn } = parts;
  const onError = (error: unknown) => warn(`internal error: ${describe(error)}`);
  const metrics = createMetricStore({ store, clock, onError });
  const logs = createLogStore({ store, clock, metrics, onError });
  const scratchDirectory = openScratch(store.directory);
  const loading = new Map<ServiceName, Promise<Service>>();

  const service = (name: ServiceName): Promise<Service> => {
    let started = loading.get(name);
    if (started === undefined) {
      started = load(name, cloud);
      loading.set(name, started);
      // A disk that refused the start may accept the next: what failed to load is tried again.
      started.catch(() => loading.delete(name));
    }
    return started;
  };

  const port = async <Name extends keyof Ports>(name: Name): Promise<Ports[Name]> => {
    const owner = await service(PORT_OWNERS[name]);
    const offered = owner.ports?.[name];
    if (offered === undefined) throw new Error(`${PORT_OWNERS[name]} does not offer "${name}"`);
    return offered;
  };
  const identities = createIdentities({
    store,
    random,
    clock,
    defaultAccount: parts.account,
    rootKey: parts.rootKey,
  });
  const authority = createAuthority(
    { identities, clock, port },
    async (name) => (await service(name)).facts,
  );

  const cloud: Cloud = {
    clock,
    random,
    store,
    bus: createBus(onError),
    identities,
    hostNames: createHostNames(),
    metrics,
    logs,
    options: {
      account: parts.account,
      region: parts.region,
      scratchDirectory,
      taskRuntime: parts.taskRuntime,
    },
    authority: parts.enforcesIam === true ? authority : undefined,
    port,
    endpointUrl: parts.endpointUrl,
    serveTls: () => parts.serveTls?.(),
    warn,
    notice: (message) => parts.notice?.(message),
  };

  const closeServices = async () => {
    const services = await Promise.allSettled(loading.values());
    loading.clear();
    for (const started of services) {
      if (started.status === "fulfilled") await started.value.close?.();
    }
  };

  return {
    cloud,
    service,
    loadedServices: () => [...loading.keys()],
    async resume() {
      for (const name of Object.keys(SERVICES) as ServiceName[]) {
        // One service that cannot go on must not keep the others from it.
        if (store.scopes(name).length > 0) await service(name).catch(onError);
      }
    },
    async reset() {
      await closeServices();
      cloud.hostNames.clear();
      metrics.reset();
      logs.reset();
      store.reset();
    },
    async close() {
      await closeServices();
      clock.close();
      logs.close();
      metrics.close();
      store.close();
      rmSync(scratchDirectory, { recursive: true, force: true });
    },
  };
}

async function load(name: ServiceName, cloud: Cloud): Promise<Service> {
  const create = await SERVICES[name]();
  const service = create(cloud);
  await service.resume?.();
  return service;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
