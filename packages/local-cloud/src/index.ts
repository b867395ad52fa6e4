import type { AddressInfo } from "node:net";
import manifest from "../package.json" with { type: "json" };
import { type Clock, realClock, type VirtualClock } from "./clock.ts";
import { createCloud } from "./cloud.ts";
import type { TaskRuntime } from "./data-plane/tasks/task-runtime.ts";
import { createTlsFront } from "./data-plane/tls/tls-front.ts";
import { lockDataDirectory } from "./data-directory.ts";
import { createEnforcement } from "./iam-enforcement/enforcement.ts";
import type { KeyPair } from "./identity.ts";
import { type Random, systemRandom } from "./random.ts";
import { sweepScratch } from "./scratch.ts";
import { createCloudServer } from "./server.ts";
import { openStore } from "./storage/sqlite-store.ts";
import type { Store } from "./storage/store.ts";
import { storedClock } from "./stored-clock.ts";
import { createWire } from "./wire/index.ts";

export type { Health } from "./admin.ts";
export { type Clock, realClock, type VirtualClock, virtualClock } from "./clock.ts";
export { seededRandom, systemRandom } from "./random.ts";
export { StorageError } from "./storage/store.ts";

export interface LocalCloudOptions {
  /** 0 takes any free port. Default 4566. */
  readonly port?: number;
  /** Default 127.0.0.1: everything in this cloud may be called without a password. */
  readonly host?: string;
  /** Where state is kept. Without it, in memory only. */
  readonly dataDirectory?: string;
  /** Twelve digits. Default "000000000000". */
  readonly account?: string;
  /** For callers that name none. Default "us-east-1". */
  readonly region?: string;
  /** "virtual" starts at the present time and moves only by `advance`. Default "real". */
  readonly clock?: "real" | "virtual" | Clock | VirtualClock;
  readonly random?: Random;
  /** Refuses requests whose SigV4 signature is missing or wrong. Default false. */
  readonly verifySignatures?: boolean;
  /**
   * Whether users and roles may do only what policies allow them. "enforce" knows its callers by their access keys,
   * and lets in none that it does not know. Default "off": everybody may do everything.
   */
  readonly iam?: "off" | "enforce";
  /** The pair that may sign for `account` when signatures are verified, and is its root. Default test/test. */
  readonly rootKey?: KeyPair;
  /** Hears warnings and internal errors, a line each. Default: standard error. */
  readonly warn?: (message: string) => void;
  /** Hears what an operator may like to know, a line each: how tasks run. Default: nobody. */
  readonly onNotice?: (message: string) => void;
  /**
   * What runs containers, or which kind of it. Default: as HEADGATE_TASKS says, or else a container engine of this
   * machine, or else plain processes.
   */
  readonly taskRuntime?: TaskRuntime | TaskRuntime["kind"];
  /** Called when a client asks the cloud to stop (`POST /_headgate/stop`). */
  readonly onStopRequest?: () => void;
}

export interface LocalCloud {
  /** "http://127.0.0.1:4566" */
  readonly url: string;
  readonly port: number;
  readonly clock: Clock | VirtualClock;
  /** Ends the server, its functions and timers. State in a data directory stays. */
  close(): Promise<void>;
}

/**
 * Starts the cloud in this process and resolves when it answers.
 * @throws {StorageError} when the data directory cannot be used; Node's own error when the port cannot.
 */
export async function startLocalCloud(options: LocalCloudOptions = {}): Promise<LocalCloud> {
  const warn =
    options.warn ?? ((message) => void process.stderr.write(`headgate local: ${message}\n`));
  const { dataDirectory, account = "000000000000", region = "us-east-1" } = options;
  const unlock = dataDirectory === undefined ? undefined : lockDataDirectory(dataDirectory);
  const store = openStore(dataDirectory);
  const clock = clockOf(options.clock, store, warn);
  const random = options.random ?? systemRandom();
  let url = "";
  const core = createCloud({
    clock,
    random,
    store,
    account,
    region,
    rootKey: options.rootKey,
    endpointUrl: () => url,
    serveTls: () => tls.open(),
    warn,
    notice: options.onNotice ?? (() => {}),
    taskRuntime: options.taskRuntime,
    enforcesIam: options.iam === "enforce",
  });
  const wire = createWire({
    region,
    clock,
    verifySignatures: options.verifySignatures ?? false,
    signingKey: (accessKeyId) => core.cloud.identities.signingKey(accessKeyId),
  });
  let resumed = Promise.resolve();
  const server = createCloudServer({
    core,
    wire,
    admin: {
      version: manifest.version,
      clock,
      account,
      region,
      dataDirectory,
      startedAtMs: clock.nowMs(),
      iam: options.iam ?? "off",
      loadedServices: core.loadedServices,
      // Alarms and retries from before a restart must know of the time that passes.
      resumed: () => resumed,
      reset: core.reset,
      outbox: async () => (await core.cloud.port("outbox")).items(),
      dashboards: () => core.cloud.port("dashboards"),
      stop: () => options.onStopRequest?.(),
    },
    enforcement: options.iam === "enforce" ? createEnforcement(core.cloud) : undefined,
  });
  const tls = createTlsFront(server, random);
  const host = options.host ?? "127.0.0.1";
  try {
    await listen(server, options.port ?? 4566, host);
  } catch (error) {
    await core.close();
    unlock?.();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  url = `http://${reachable(host)}:${port}`;
  // After the cloud is ready: loading services must not hold back the first answer.
  if (dataDirectory !== undefined) resumed = core.resume();
  sweepScratch().catch((error: unknown) =>
    warn(`cannot clean up after a killed cloud: ${String(error)}`),
  );
  return {
    url,
    port,
    clock,
    async close() {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeAllConnections();
      tls.closeConnections();
      await closed;
      await resumed;
      await core.close();
      unlock?.();
    },
  };
}

function clockOf(
  wanted: LocalCloudOptions["clock"],
  store: Store,
  warn: (message: string) => void,
): Clock | VirtualClock {
  const onError = (error: unknown) =>
    warn(`internal error: ${error instanceof Error ? error.stack : String(error)}`);
  if (wanted === undefined || wanted === "real") return realClock(onError);
  if (wanted === "virtual") return storedClock(store, onError);
  return wanted;
}

function listen(
  server: ReturnType<typeof createCloudServer>,
  port: number,
  host: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** An address that functions on this machine can call when the server listens on all of them. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
