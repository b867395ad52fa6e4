import { defineCommand } from "../../command.ts";
import { ADDRESS_OPTIONS, callAdmin, cloudUrl } from "./admin-client.ts";

export const localStop = defineCommand({
  path: "local stop",
  examples: [
    ["headgate local stop", "Stop the cloud on the default port; a --data-dir keeps its state"],
  ],
  options: ADDRESS_OPTIONS,
  run: async ({ port }, { globals }) => {
    const url = cloudUrl(port, globals);
    const answer = await callAdmin(url, { method: "POST", path: "/_headgate/stop" });
    return { value: { url, pid: Number(answer["pid"]) } };
  },
  render: ({ url, pid }) => [`stopped the local cloud at ${url} (pid ${pid})`],
});
