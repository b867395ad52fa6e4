import { defineCommand } from "../../command.ts";
import { ADDRESS_OPTIONS, callAdmin, cloudUrl } from "./admin-client.ts";

/** Ending every function's process takes a moment when there are many. */
const RESET_TIMEOUT_MS = 60_000;

export const localReset = defineCommand({
  path: "local reset",
  description: "Deletes every resource of every account and region, a data directory's included.",
  examples: [["headgate local reset", "Start afresh without a restart"]],
  options: ADDRESS_OPTIONS,
  run: async ({ port }, { globals }) => {
    const url = cloudUrl(port, globals);
    await callAdmin(url, { method: "POST", path: "/_headgate/reset" }, RESET_TIMEOUT_MS);
    return { value: { url, reset: true } };
  },
  render: ({ url }) => [`the local cloud at ${url} is empty`],
});
