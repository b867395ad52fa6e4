import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { containerCommand } from "../container-command.ts";
import { BadImageError, insideRoot } from "../images/inside-root.ts";
import { type UnpackedImage, UnpackedImages } from "../images/unpacked-images.ts";
import {
  type ContainerExit,
  type ContainerLaunch,
  LaunchError,
  type RunningContainer,
  type TaskRuntime,
} from "../task-runtime.ts";
import { machineCommand } from "./container-arguments.ts";
import { containerEnvironment, containerPath } from "./container-environment.ts";
import { type ContainerRoot, makeContainerRoot } from "./container-root.ts";
import { makeOwnFiles, type OwnFiles } from "./own-files.ts";
import { processContainer } from "./process-container.ts";
import { ProcessGroup } from "./process-group.ts";
import { TaskNetwork } from "./task-network.ts";

export interface ProcessRuntimeOptions {
  /** For unpacked images and the containers' files. */
  readonly scratchDirectory: string;
  /** Why processes: "no container engine answered". */
  readonly reason: string;
}

/**
 * Runs containers as processes of this machine, for machines without a container engine. The image's files are
 * unpacked; the program sees all of this machine's files beside them, has the user of the cloud whatever the
 * image says, and may use any memory and processor. Node.js and Python programs get the ports of a container of
 * their own (`inside/`); others must listen where PORT says.
 */
export class ProcessRuntime implements TaskRuntime {
  readonly kind = "processes";
  readonly description: string;
  readonly #directory: string;
  readonly #images: UnpackedImages;
  /** By the id of the container that started first. */
  readonly #networks = new Map<string, { readonly network: TaskNetwork; users: number }>();
  readonly #live = new Set<RunningContainer>();
  #own: Promise<OwnFiles> | undefined;
  #count = 0;
  #isClosed = false;

  constructor({ scratchDirectory, reason }: ProcessRuntimeOptions) {
    this.description = `local processes (${reason})`;
    this.#directory = join(scratchDirectory, "tasks");
    this.#images = new UnpackedImages(join(this.#directory, "images"));
  }

  /** A process is on the machine already. */
  endpointFor(url: string): string {
    return url;
  }

  async start(launch: ContainerLaunch): Promise<RunningContainer> {
    const image = await this.#unpack(launch);
    const folder = join(this.#directory, "containers", String(++this.#count));
    const root = await makeContainerRoot(image, folder, launch.readOnlyRoot);
    const id = launch.sharesNetworkWith ?? launch.id;
    const shared = this.#networks.get(id) ?? { network: new TaskNetwork(), users: 0 };
    this.#networks.set(id, shared);
    shared.users++;
    const leave = async () => {
      await root.remove().catch(() => {});
      if (--shared.users > 0) return;
      if (this.#networks.get(id) === shared) this.#networks.delete(id);
      await shared.network.close();
    };
    if (root.isShared) {
      launch.onLine(
        `headgate: the image has ${image.bytes} bytes: its containers share one copy of its files, so keep what is written in TMPDIR`,
        "stderr",
      );
    }
    try {
      return await this.#run(launch, { image, root, network: shared.network, leave });
    } catch (error) {
      await leave();
      if (!(error instanceof BadImageError)) throw error;
      throw new LaunchError("CannotStartContainerError", error.message, { cause: error });
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#live].map((container) => container.stop(0)));
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #unpack({ image }: ContainerLaunch): Promise<UnpackedImage> {
    if (image.kind === "foreign") {
      throw new LaunchError(
        "CannotPullContainerError",
        `${image.reference} is not in the local registry, and without a container engine no other is asked: push it to a repository of the local cloud, or start Docker or Podman`,
      );
    }
    try {
      return await this.#images.get(image.image);
    } catch (error) {
      if (!(error instanceof BadImageError)) throw error;
      throw new LaunchError("CannotPullContainerError", error.message, { cause: error });
    }
  }

  async #run(launch: ContainerLaunch, parts: RunParts): Promise<RunningContainer> {
    const { image, root, network } = parts;
    await network.add([...launch.ports, ...(launch.siblingPorts ?? [])]);
    const command = containerCommand(image.config, launch);
    if (command.length === 0) {
      throw new LaunchError(
        "CannotCreateContainerError",
        "no command specified, neither by the image nor by the task",
      );
    }
    const workingDirectory = await insideRoot(
      root.root,
      launch.workingDirectory ?? image.config.workingDirectory,
      { followLast: true },
    );
    await mkdir(workingDirectory, { recursive: true });
    const machinePath = process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin";
    const environmentParts = {
      launch,
      imageEnvironment: image.config.environment,
      root,
      network,
      own: await this.#ownFiles(),
      machinePath,
    };
    const environment = await containerEnvironment(environmentParts);
    const programs = { root, workingDirectory, path: containerPath(environmentParts), machinePath };
    const machine = await machineCommand(programs, command);
    await network.release(launch.ports);
    if (this.#isClosed) throw new LaunchError("CannotStartContainerError", "the cloud is stopping");
    const group = await ProcessGroup.start({
      command: machine,
      directory: workingDirectory,
      environment,
      onLine: (line, stream) => launch.onLine(line, stream),
    });
    if (this.#isClosed) group.kill();
    const ended = group.exited.then(async (exit): Promise<ContainerExit> => {
      await parts.leave();
      this.#live.delete(container);
      return exit;
    });
    const container = processContainer(
      {
        group,
        programs,
        environment,
        network,
        ports: launch.ports,
        stopSignal: image.config.stopSignal,
      },
      ended,
    );
    this.#live.add(container);
    return container;
  }

  #ownFiles(): Promise<OwnFiles> {
    this.#own ??= makeOwnFiles(join(this.#directory, "own"));
    return this.#own;
  }
}

interface RunParts {
  readonly image: UnpackedImage;
  readonly root: ContainerRoot;
  readonly network: TaskNetwork;
  leave(): Promise<void>;
}
