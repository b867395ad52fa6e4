import { fold } from "@headgate/core";
import type { Rollout } from "@headgate/core";

import { readHistory } from "../../src/status.ts";

/** The state that the newest rollout's journal leads to, whatever state is stored beside it. */
export async function foldedJournal(dataDir: string): Promise<Rollout> {
  const { created, entries } = await readHistory(dataDir);
  return fold(
    created,
    entries.map(({ event }) => event),
  );
}
