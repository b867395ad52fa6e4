import { fileURLToPath } from "node:url";

/**
 * A file of ours that a worker process runs, in `bootstrap/` beside this module. The bundle of the command
 * line must carry that folder beside its own file.
 */
export function bootstrapPath(name: "node-runtime.mjs" | "python-runtime.py"): string {
  return fileURLToPath(new URL(`./bootstrap/${name}`, import.meta.url));
}
