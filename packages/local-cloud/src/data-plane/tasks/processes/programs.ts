import { accessSync, constants, existsSync, statSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { findPython } from "../../function-workers/interpreters.ts";
import { LaunchError } from "../task-runtime.ts";
import type { ContainerRoot } from "./container-root.ts";
import { type Executable, executableOf } from "./executable.ts";

/** Where a program may be looked for in a container. */
export interface ProgramPlace {
  readonly root: ContainerRoot;
  /** On this machine. */
  readonly workingDirectory: string;
  /** The container's own PATH: folders of the image. */
  readonly path: string;
  /** The cloud's PATH: where this machine's programs are. */
  readonly machinePath: string;
}

/** A script names an interpreter, which may be a script; nobody goes deeper. */
const INTERPRETERS_MAX = 4;

/**
 * What to run on this machine for a container's program: Node.js is the one that runs the cloud, Python the
 * machine's, then what the image has itself if it can run here, then this machine's program of that name.
 *
 * @returns the program and the arguments that come before the container's own.
 * @throws {LaunchError} CannotStartContainerError when there is none.
 */
export async function resolveProgram(
  place: ProgramPlace,
  program: string,
  depth = 0,
): Promise<readonly string[]> {
  const name = basename(program);
  if (name === "node" || name === "nodejs") return [process.execPath];
  if (/^python(3(\.\d+)?)?$/.test(name)) return [await pythonOf(name)];
  const found = await findInImage(place, program);
  const executable = found === undefined ? undefined : await executableOf(found);
  const own =
    found === undefined || executable === undefined
      ? undefined
      : await runsHere(place, found, executable, depth);
  if (own !== undefined) return own;
  // An image's dynamic program wants libraries that are not where it looks for them; the machine's has its own.
  const machine = isCommonProgram(program) ? findOnMachine(place, name) : undefined;
  if (machine !== undefined) return [machine];
  if (found !== undefined && executable?.kind === "dynamic" && existsSync(executable.interpreter)) {
    return [found];
  }
  throw cannotStart(program, found, executable);
}

async function runsHere(
  place: ProgramPlace,
  path: string,
  executable: Executable,
  depth: number,
): Promise<readonly string[] | undefined> {
  if (executable.kind === "static") return [path];
  if (executable.kind !== "script" || depth === INTERPRETERS_MAX) return undefined;
  const [interpreter, ...options] = executable.interpreter;
  if (interpreter === undefined) return undefined;
  return [...(await resolveProgram(place, interpreter, depth + 1)), ...options, path];
}

async function pythonOf(name: string): Promise<string> {
  try {
    return (await findPython(name)).executable;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new LaunchError("CannotStartContainerError", `exec: "${name}": ${why}`, { cause: error });
  }
}

/** As an engine looks for it: a name along PATH, a path from the working directory. */
async function findInImage(place: ProgramPlace, program: string): Promise<string | undefined> {
  if (program.startsWith("/")) return asFile(await place.root.find(program));
  if (program.includes("/")) {
    const below = place.workingDirectory.slice(place.root.root.length);
    return asFile(await place.root.find(join(below, program)));
  }
  for (const folder of place.path.split(":").filter((folder) => folder !== "")) {
    const found = asFile(await place.root.find(join(folder, program)));
    if (found !== undefined) return found;
  }
  return undefined;
}

function asFile(path: string | undefined): string | undefined {
  return path !== undefined && statSync(path).isFile() ? path : undefined;
}

/** A bare name, or where systems keep their programs: an application's own path is nobody else's. */
function isCommonProgram(program: string): boolean {
  return !program.includes("/") || /^\/((usr|opt)(\/local)?\/)?s?bin$/.test(dirname(program));
}

function findOnMachine(place: ProgramPlace, name: string): string | undefined {
  return place.machinePath
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function cannotStart(
  program: string,
  found: string | undefined,
  executable: Executable | undefined,
): LaunchError {
  const why =
    found === undefined
      ? "neither the image nor this machine has it"
      : `the image's cannot run on this machine (${executable?.kind ?? "no program"}), which has none of that name`;
  return new LaunchError(
    "CannotStartContainerError",
    `exec: "${program}": executable file not found in $PATH: tasks run as local processes here, and ${why}; install it, or start a container engine`,
  );
}
