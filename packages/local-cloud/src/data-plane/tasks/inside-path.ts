import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const NODE_NETWORK = new URL("./inside/node-network.mjs", import.meta.url);

/**
 * What Node.js and Python load before a task's program, in `inside/` beside this module. The bundle of the
 * command line must carry that folder beside its own chunks.
 */
export const INSIDE = {
  nodeImport: NODE_NETWORK.href,
  /** The folder with `sitecustomize.py`. */
  pythonPath: dirname(fileURLToPath(NODE_NETWORK)),
};
