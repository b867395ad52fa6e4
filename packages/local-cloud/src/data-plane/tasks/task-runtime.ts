import type { Readable } from "node:stream";

/** An image whose parts are at hand. The same shape as the registry's. */
export interface RunnableImage {
  readonly digest: string;
  config(): Promise<Buffer>;
  readonly layers: readonly {
    readonly digest: string;
    readonly mediaType: string;
    /** As it is stored, compressed or not. */
    readonly sizeBytes: number;
    open(): Readable;
  }[];
}

/** One container to run. */
export interface ContainerLaunch {
  /** Unique on this machine while it runs: the task's id and the container's name. */
  readonly id: string;
  /** `foreign`: an image that the registry here does not have; only a container engine may know it. */
  readonly image:
    | { readonly kind: "stored"; readonly image: RunnableImage }
    | { readonly kind: "foreign"; readonly reference: string };
  /** Over the image's own; undefined leaves it. */
  readonly entryPoint: readonly string[] | undefined;
  readonly command: readonly string[] | undefined;
  readonly workingDirectory: string | undefined;
  readonly user: string | undefined;
  /** Over the image's own, by name. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ports that the container listens on; each gets a port of this machine's loopback of its own. */
  readonly ports: readonly number[];
  /** Containers of one task reach each other on localhost: the id of the first one, where there is one. */
  readonly sharesNetworkWith: string | undefined;
  /** Of a task's first container: the ports of those that will share its network, which starts with it. */
  readonly siblingPorts?: readonly number[] | undefined;
  readonly cpuUnits: number | undefined;
  readonly memoryMiB: number | undefined;
  readonly readOnlyRoot: boolean;
  /** Whole lines, without their ends, in order. */
  onLine(line: string, stream: "stdout" | "stderr"): void;
}

export interface ContainerExit {
  /** 137 after SIGKILL, 143 after an unhandled SIGTERM, as engines tell it. */
  readonly exitCode: number;
  readonly isOutOfMemory: boolean;
}

export interface RunningContainer {
  /** The engine's id for it, or the process's. */
  readonly runtimeId: string;
  /** Where on this machine each of its ports is: { host: "127.0.0.1", port: 40123 }. */
  readonly addresses: ReadonlyMap<number, { readonly host: string; readonly port: number }>;
  readonly exited: Promise<ContainerExit>;
  /** SIGTERM, then SIGKILL when it has not ended after `graceMs`. Resolves when it has ended. */
  stop(graceMs: number): Promise<ContainerExit>;
  /**
   * Runs a command inside, as a health check does: a task definition's list (`CMD-SHELL` or `CMD` first) or the
   * program with its arguments. `exitCode` is undefined when it took longer than `timeoutMs`.
   */
  execute(
    command: readonly string[],
    timeoutMs: number,
  ): Promise<{ readonly exitCode: number | undefined; readonly output: string }>;
  /** Undefined when it cannot be told (it has just ended). */
  usage(): Promise<{ readonly cpuMs: number; readonly memoryBytes: number } | undefined>;
}

/** Why a container could not be started, in the words that ECS uses. */
export class LaunchError extends Error {
  override readonly name = "LaunchError";
  /** `CannotPullContainerError`, `CannotCreateContainerError`, `CannotStartContainerError`. */
  readonly reason: string;

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** What runs containers on this machine. */
export interface TaskRuntime {
  readonly kind: "containers" | "processes";
  /** For people: "containers (Podman 4.3.1 at unix:///run/podman/podman.sock)", "local processes (no container engine answered)". */
  readonly description: string;
  /** An http address on this machine's loopback, as a container reaches it: the cloud's own, for one. */
  endpointFor(url: string): string;
  /** @throws {LaunchError} */
  start(launch: ContainerLaunch): Promise<RunningContainer>;
  /** Ends everything that it started. */
  close(): Promise<void>;
}
