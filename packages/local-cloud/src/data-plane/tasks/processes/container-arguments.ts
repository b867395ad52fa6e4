import { basename } from "node:path";
import type { ContainerRoot } from "./container-root.ts";
import { type ProgramPlace, resolveProgram } from "./programs.ts";
import { LaunchError } from "../task-runtime.ts";

const SHELLS = new Set(["sh", "ash", "bash", "dash"]);
/** A path in a shell's text: after a blank, a quote or an operator. */
const PATH_IN_TEXT = /(^|[\s"'`=:;|&(<>])(\/[\w.@+/-]*[\w@+-])/g;
/** Where systems keep their programs. */
const PROGRAM_FOLDER = /^\/((usr|opt)(\/local)?\/)?s?bin\/[^/]+$/;

/**
 * A container's command as this machine can run it: the program found, and absolute paths of the image in the
 * arguments (in a shell's text too) led to where the image lies.
 * @throws {LaunchError}
 */
export async function machineCommand(
  place: ProgramPlace,
  command: readonly string[],
): Promise<readonly string[]> {
  const [program = "", ...given] = command;
  const isShell = SHELLS.has(basename(program));
  const scriptAt = isShell ? given.findIndex((argument) => /^-[a-z]*c$/.test(argument)) + 1 : 0;
  const ours = given.map((argument, index) =>
    scriptAt > 0 && index === scriptAt
      ? ledText(place, argument)
      : ledArgument(place.root, argument),
  );
  return [...(await resolveProgram(place, program)), ...(await Promise.all(ours))];
}

/** "/app/server.js", and "--config=/app/config.json". */
async function ledArgument(root: ContainerRoot, argument: string): Promise<string> {
  const [, flag = "", path = ""] = /^(-[^=\s]+=)?(\/.+)$/s.exec(argument) ?? [];
  const found = path === "" ? undefined : await root.find(path);
  return found === undefined ? argument : flag + found;
}

async function ledText(place: ProgramPlace, text: string): Promise<string> {
  const paths = new Set([...text.matchAll(PATH_IN_TEXT)].map(([, , path = ""]) => path));
  const led = new Map<string, string>();
  for (const path of paths) led.set(path, await ledPath(place, path));
  return text.replace(
    PATH_IN_TEXT,
    (_whole, before: string, path: string) => before + (led.get(path) ?? path),
  );
}

async function ledPath(place: ProgramPlace, path: string): Promise<string> {
  if (PROGRAM_FOLDER.test(path)) {
    try {
      return (await resolveProgram(place, path)).map(quoted).join(" ");
    } catch (error) {
      if (!(error instanceof LaunchError)) throw error;
    }
  }
  const found = await place.root.find(path);
  return found === undefined ? path : found;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
