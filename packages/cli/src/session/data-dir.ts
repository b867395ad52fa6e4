import { dirname, join, relative, resolve } from "node:path";

/** The option by which commands find a journal. */
export const DATA_DIR_OPTION = {
  dataDir: {
    type: "string",
    value: "dir",
    help: "Where the journal is (default .headgate beside the spec, or here)",
  },
} as const;

/** Absolute. The journal lives beside the spec, so that one folder holds a service and its releases. */
export function dataDirOf(given: string | undefined, specPath?: string): string {
  if (given !== undefined) return resolve(given);
  return join(specPath === undefined ? process.cwd() : dirname(specPath), ".headgate");
}

/** What to add to a command so that it finds the same journal from here; empty when it would anyway. */
export function dataDirFlag(dataDir: string): string {
  if (dataDir === dataDirOf(undefined)) return "";
  const fromHere = relative(process.cwd(), dataDir);
  return ` --data-dir ${fromHere.startsWith("..") ? dataDir : fromHere}`;
}
