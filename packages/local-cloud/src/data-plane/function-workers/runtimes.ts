import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { bootstrapPath } from "./bootstrap-path.ts";
import { LaunchError } from "./error-documents.ts";
import type { FunctionVersion } from "./function-workers.ts";
import { findPython } from "./interpreters.ts";

/** How to start a runtime's process. */
export interface Launch {
  /** Absolute path of what runs: the interpreter, or the function's own bootstrap. */
  readonly executable: string;
  readonly arguments: readonly string[];
  /** How it hears of events: our bootstraps over pipes, a custom runtime over HTTP. */
  readonly channel: "frames" | "runtimeApi";
}

/** @throws {LaunchError} when this machine cannot run the version. */
export async function launchOf(version: FunctionVersion, taskRoot: string): Promise<Launch> {
  const { runtime } = version;
  if (runtime.startsWith("python3.")) return launchPython(runtime);
  if (runtime.startsWith("nodejs")) return launchNode(version);
  if (runtime.startsWith("provided")) return launchBootstrap(taskRoot);
  throw new LaunchError(
    `the local cloud cannot run ${runtime} (it runs python3.*, nodejs*.x and provided.*)`,
  );
}

async function launchPython(runtime: string): Promise<Launch> {
  const { executable, sitePackages } = await findPython(runtime);
  const pythonVersion = runtime.slice("python".length);
  const settings = JSON.stringify({ pythonVersion, sitePackages });
  return {
    executable,
    // -S: looking through site-packages would cost more than all the rest of the start.
    arguments: ["-S", bootstrapPath("python-runtime.py"), settings],
    channel: "frames",
  };
}

/** Every nodejs*.x runs on the Node.js that runs the cloud. */
function launchNode(version: FunctionVersion): Launch {
  const heapMb = Math.floor(version.memoryMb * 0.9);
  return {
    executable: process.execPath,
    arguments: [`--max-old-space-size=${heapMb}`, bootstrapPath("node-runtime.mjs")],
    channel: "frames",
  };
}

/** Unverified: both texts. */
async function launchBootstrap(taskRoot: string): Promise<Launch> {
  const executable = join(taskRoot, "bootstrap");
  try {
    await access(executable);
  } catch {
    throw new LaunchError("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]");
  }
  try {
    await access(executable, constants.X_OK);
  } catch {
    throw new LaunchError("fork/exec /var/task/bootstrap: permission denied");
  }
  return { executable, arguments: [], channel: "runtimeApi" };
}
