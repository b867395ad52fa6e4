import { RolloutError } from "@headgate/core/errors";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

/** Looked for when a command is given no file. */
export const DEFAULT_SPEC_FILE = "headgate.yaml";

export interface SpecText {
  /** As the user would write it, for messages. */
  readonly shown: string;
  /** Absolute: relative paths in the spec start from its folder. */
  readonly path: string;
  readonly text: string;
}

/** @throws {RolloutError} SPEC_INVALID when there is no such file or it cannot be read. */
export async function readSpecFile(given: string | undefined): Promise<SpecText> {
  const shown = given ?? DEFAULT_SPEC_FILE;
  const path = resolve(shown);
  try {
    return { shown, path, text: await readFile(path, "utf8") };
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    const why = code === "ENOENT" ? "there is no such file" : `it cannot be read (${code})`;
    throw new RolloutError("SPEC_INVALID", `${shown}: ${why}`, {
      hint: "Make one with `headgate init`, or name another: `headgate deploy path/to/headgate.yaml`.",
      cause,
    });
  }
}

/** The argument by which commands name their spec. */
export const SPEC_ARGUMENT = {
  name: "file",
  help: `The spec (default ${DEFAULT_SPEC_FILE})`,
  required: false,
} as const;
