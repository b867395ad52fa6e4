import { readdir } from "node:fs/promises";
import { statSync } from "node:fs";
import { join } from "node:path";
import { INSIDE } from "../inside-path.ts";
import type { ContainerLaunch } from "../task-runtime.ts";
import type { ContainerRoot } from "./container-root.ts";
import type { OwnFiles } from "./own-files.ts";
import type { TaskNetwork } from "./task-network.ts";

/** Source: Docker's PATH for an image that has none. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** Programs there want the image's own libraries: this machine's of the same name come first. */
const SYSTEM_FOLDERS = new Set(["/bin", "/sbin", "/usr/bin", "/usr/sbin"]);
/** Lists of folders, which must be found where the image lies. */
const FOLDER_LISTS = new Set(["PYTHONPATH", "NODE_PATH"]);

export interface EnvironmentParts {
  readonly launch: ContainerLaunch;
  readonly imageEnvironment: Readonly<Record<string, string>>;
  readonly root: ContainerRoot;
  readonly network: TaskNetwork;
  readonly own: OwnFiles;
  readonly machinePath: string;
}

/** The PATH that the image and the task ask for: folders of the image. */
export function containerPath({ launch, imageEnvironment }: EnvironmentParts): string {
  return launch.environment["PATH"] ?? imageEnvironment["PATH"] ?? DEFAULT_PATH;
}

/**
 * Every variable that a container's process starts with: the image's, the task's over them, and what makes up
 * for the container that is not there. Nothing of the cloud's own environment but where programs are.
 */
export async function containerEnvironment(
  parts: EnvironmentParts,
): Promise<Record<string, string>> {
  const { launch, imageEnvironment, root, network, own } = parts;
  const wanted: Record<string, string> = {
    HOME: root.root,
    HOSTNAME: launch.id,
    LANG: "C.UTF-8",
    TMPDIR: root.temporary,
    ...imageEnvironment,
    ...launch.environment,
  };
  for (const [name, value] of Object.entries(wanted)) {
    if (name in launch.environment || name in imageEnvironment) {
      wanted[name] = FOLDER_LISTS.has(name)
        ? (await foldersOf(root, value.split(":"))).join(":")
        : await fileOf(root, value);
    }
  }
  return {
    ...wanted,
    ...portOf(launch, wanted["PORT"], network),
    HEADGATE_TASK_PORTS: network.variable,
    NODE_OPTIONS: [`--import=${INSIDE.nodeImport}`, wanted["NODE_OPTIONS"] ?? ""].join(" ").trim(),
    PYTHONPATH: [own.python, wanted["PYTHONPATH"] ?? "", ...(await sitePackages(root))]
      .filter((folder) => folder !== "")
      .join(":"),
    PATH: await programPath(parts),
  };
}

/** The only word on its port that every program understands. A task's own is led to where that port is. */
function portOf(
  { ports }: ContainerLaunch,
  asked: string | undefined,
  network: TaskNetwork,
): { PORT?: string } {
  const [first] = ports;
  const to = asked === undefined ? first && network.at(first) : network.at(Number(asked));
  return to === undefined ? {} : { PORT: String(to) };
}

/** A value that names a file of the image, and only that: a folder's may just as well be a route. */
async function fileOf(root: ContainerRoot, value: string): Promise<string> {
  if (!/^\/[^:\s]+$/.test(value)) return value;
  const found = await root.find(value);
  return found !== undefined && statSync(found).isFile() ? found : value;
}

async function foldersOf(root: ContainerRoot, folders: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    folders.map(async (folder) =>
      folder.startsWith("/") ? ((await root.find(folder)) ?? folder) : folder,
    ),
  );
  return found.filter((folder) => folder !== "");
}

/** Where pip puts packages in Python's own images. */
async function sitePackages(root: ContainerRoot): Promise<string[]> {
  const library = await root.find("/usr/local/lib");
  if (library === undefined) return [];
  const names = await readdir(library).catch(() => []);
  const folders = names
    .filter((name) => name.startsWith("python3"))
    .map((name) => root.find(join("/usr/local/lib", name, "site-packages")));
  return (await Promise.all(folders)).filter((folder) => folder !== undefined);
}

/** Ours first, then the image's own programs, this machine's, and what the image's system has beyond them. */
async function programPath(parts: EnvironmentParts): Promise<string> {
  const folders = containerPath(parts).split(":");
  const inImage = async (isSystem: boolean) => {
    const wanted = folders.filter((folder) => SYSTEM_FOLDERS.has(folder) === isSystem);
    const found = await Promise.all(wanted.map((folder) => parts.root.find(folder)));
    return found.filter((folder) => folder !== undefined);
  };
  return [
    parts.own.programs,
    ...(await inImage(false)),
    parts.machinePath,
    ...(await inImage(true)),
  ].join(":");
}
