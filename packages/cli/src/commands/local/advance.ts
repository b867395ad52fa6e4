import { RolloutError } from "@headgate/core/errors";
import { defineCommand } from "../../command.ts";
import { ADDRESS_OPTIONS, callAdmin, cloudUrl } from "./admin-client.ts";

/** Days of alarms and retries may run inside one advance. */
const ADVANCE_TIMEOUT_MS = 600_000;

export const localAdvance = defineCommand({
  path: "local advance",
  description:
    "Runs everything that falls due on the way (alarms, retries, waits), in order. The cloud must have " +
    "been started with --clock virtual.",
  examples: [
    ["headgate local advance 5m", "Five minutes later"],
    ["headgate local advance 50h", "A long rollout in seconds"],
  ],
  arguments: [{ name: "by", help: "A time: 500ms, 90s, 5m, 2h, 1d", required: true }],
  options: ADDRESS_OPTIONS,
  run: async ({ port }, { globals, arguments: [by] }) => {
    if (by === undefined) {
      throw new RolloutError("USAGE", "advance by how much?", {
        hint: "headgate local advance 5m",
      });
    }
    const url = cloudUrl(port, globals);
    const answer = await callAdmin(
      url,
      { method: "POST", path: "/_headgate/advance", body: { by } },
      ADVANCE_TIMEOUT_MS,
    );
    return { value: { url, by, now: new Date(Number(answer["nowMs"])).toISOString() } };
  },
  render: ({ by, now }) => [`advanced by ${by}; it is now ${now}`],
});
