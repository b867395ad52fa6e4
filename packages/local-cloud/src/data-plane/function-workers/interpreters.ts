import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { LaunchError } from "./error-documents.ts";

/** A Python of this machine. */
export interface Python {
  /** The interpreter itself, never a version manager's shim: that would cost 60 ms per start. */
  readonly executable: string;
  /** Where installed packages are, boto3 among them where the machine has it. */
  readonly sitePackages: readonly string[];
}

const PROBE = `
import json, sys
if sys.version_info < (3, 8):
    sys.exit(1)
packages = [path for path in sys.path if "site-packages" in path or "dist-packages" in path]
print(json.dumps({"executable": sys.executable, "sitePackages": packages}))
`;

/** A machine's interpreters do not change while the process lives. */
const found = new Map<string, Promise<Python>>();

/**
 * The machine's own `python3.13` for "python3.13" when it has one; otherwise any `python3` from 3.8 on serves every
 * python3.* runtime, so a function may meet another minor version than it asked for.
 * @throws {LaunchError} when there is no Python.
 */
export function findPython(runtime: string): Promise<Python> {
  let python = found.get(runtime);
  if (python === undefined) {
    python = probeFirst([runtime, "python3"]);
    found.set(runtime, python);
    python.catch(() => found.delete(runtime));
  }
  return python;
}

async function probeFirst(names: readonly string[]): Promise<Python> {
  for (const name of names) {
    try {
      const { stdout } = await promisify(execFile)(name, ["-c", PROBE]);
      return JSON.parse(stdout) as Python;
    } catch {
      // Not there, too old, or a shim without a version behind it: the next name may do.
    }
  }
  throw new LaunchError(
    "this machine has no python3 from 3.8 on; install one, or put it on the PATH of the local cloud",
  );
}
