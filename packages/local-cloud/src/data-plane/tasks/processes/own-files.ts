import { chmod, copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findPython } from "../../function-workers/interpreters.ts";
import { INSIDE } from "../inside-path.ts";

/** What every container of this machine's processes has of ours. */
export interface OwnFiles {
  /** A folder with the `node` that runs us and the machine's `python3`, for programs that start others by name. */
  readonly programs: string;
  /** What Python loads before a program. */
  readonly python: string;
}

export async function makeOwnFiles(folder: string): Promise<OwnFiles> {
  const own = { programs: join(folder, "bin"), python: join(folder, "python") };
  await mkdir(own.programs, { recursive: true });
  await mkdir(own.python, { recursive: true });
  // A copy: Python keeps what it has compiled beside the source.
  const name = "sitecustomize.py";
  await copyFile(join(INSIDE.pythonPath, name), join(own.python, name));
  for (const program of ["node", "nodejs"]) {
    await symlink(process.execPath, join(own.programs, program));
  }
  const python = await findPython("python3").catch(() => undefined);
  // Not a link: beside a link Python would not find the packages of its virtual environment.
  const script = `#!/bin/sh\nexec '${python?.executable.replaceAll("'", `'\\''`)}' "$@"\n`;
  for (const program of python === undefined ? [] : ["python", "python3"]) {
    await writeFile(join(own.programs, program), script);
    await chmod(join(own.programs, program), 0o755);
  }
  return own;
}
