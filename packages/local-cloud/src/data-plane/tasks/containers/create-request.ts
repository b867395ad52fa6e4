import type { ContainerLaunch } from "../task-runtime.ts";
import { ownLabels } from "./leftovers.ts";

const MIB = 1024 * 1024;
/** Docker's and Podman's smallest. Source: moby, linuxMinMemory. */
const MEMORY_MIN_MIB = 6;
/** Source: Docker Engine API, CpuShares; the kernel takes no less. */
const CPU_SHARES_MIN = 2;

export interface CreatePlace {
  readonly image: string;
  /** The engine's id of the container whose network this one shares. */
  readonly networkOf: string | undefined;
  readonly extraHosts: readonly string[];
  readonly isPodman: boolean;
}

/**
 * The body that makes a container, with the limits that ECS hands to Docker.
 * Source: Docker Engine API, ContainerCreate; AWS docs, task definition parameters ("maps to ...").
 */
export function createRequest(launch: ContainerLaunch, place: CreatePlace) {
  const { image, networkOf, extraHosts, isPodman } = place;
  const ports = [...new Set([...launch.ports, ...(launch.siblingPorts ?? [])])];
  const names = networkOf === undefined ? ports.map((port) => `${port}/tcp`) : [];
  return {
    Image: image,
    ...(filled(launch.entryPoint) && { Entrypoint: launch.entryPoint }),
    ...(filled(launch.command) && { Cmd: launch.command }),
    ...(launch.workingDirectory !== undefined && { WorkingDir: launch.workingDirectory }),
    ...(launch.user !== undefined && { User: launch.user }),
    Env: Object.entries(launch.environment).map(([name, value]) => `${name}=${value}`),
    ExposedPorts: Object.fromEntries(names.map((name) => [name, {}])),
    Labels: ownLabels(),
    // ECS does not look at the image's own check. Source: AWS docs, task definition health check.
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      NetworkMode: networkOf === undefined ? "bridge" : `container:${networkOf}`,
      PortBindings: Object.fromEntries(
        names.map((name) => [name, [{ HostIp: "127.0.0.1", HostPort: "" }]]),
      ),
      ...(networkOf === undefined && { ExtraHosts: extraHosts }),
      ...(launch.memoryMiB !== undefined && {
        Memory: Math.max(launch.memoryMiB, MEMORY_MIN_MIB) * MIB,
      }),
      ...(launch.cpuUnits !== undefined && {
        CpuShares: Math.max(launch.cpuUnits, CPU_SHARES_MIN),
      }),
      ReadonlyRootfs: launch.readOnlyRoot,
      // A driver that logs can be read from, whatever the machine's default is.
      LogConfig: { Type: isPodman ? "k8s-file" : "json-file" },
    },
  };
}

function filled(list: readonly string[] | undefined): boolean {
  return list !== undefined && list.length > 0;
}
