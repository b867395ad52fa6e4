import { RolloutError } from "@headgate/core";

/** What storage threw, in an operator's words. Our own errors pass as they are. */
export function unusable(dataDir: string, error: unknown): unknown {
  if (error instanceof RolloutError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new RolloutError("JOURNAL_UNUSABLE", `the journal in ${dataDir} cannot be used: ${why}`, {
    hint: "Give another folder with --data-dir, or mend this one: it must be writable and not full.",
    cause: error,
  });
}
