import { defineCommand } from "../../command.ts";
import { formatElapsed } from "../../elapsed.ts";
import { ADDRESS_OPTIONS, callAdmin, cloudUrl } from "./admin-client.ts";

export const localStatus = defineCommand({
  path: "local status",
  examples: [
    ["headgate local status", "The cloud on the default port"],
    ["headgate local status --port 4600 --json", "For a script"],
  ],
  options: ADDRESS_OPTIONS,
  run: async ({ port }, { globals }) => {
    const url = cloudUrl(port, globals);
    const health = await callAdmin(url, { method: "GET", path: "/_headgate/health" });
    return { value: { url, ...health } as LocalStatus };
  },
  render: (status, style) => [
    `${style.good("running")} at ${style.bold(status.url)} (pid ${status.pid}, version ${status.version})`,
    `account ${status.account}, region ${status.region}, ${status.dataDir === null ? "in memory" : `data in ${status.dataDir}`}`,
    `clock ${status.clock.kind}, ${new Date(status.clock.nowMs).toISOString()}, up ${formatElapsed(status.clock.nowMs - status.startedAtMs)}`,
    status.iam === "enforce"
      ? "iam enforced: users and roles may do only what policies allow"
      : "iam off: everybody may do everything",
    `services ${Object.entries(status.services)
      .map(([name, state]) => (state === "running" ? style.good(name) : style.dim(name)))
      .join(" ")}`,
  ],
});

/** The answer of `GET /_headgate/health`, and where it came from. */
interface LocalStatus {
  readonly url: string;
  readonly pid: number;
  readonly version: string;
  readonly account: string;
  readonly region: string;
  readonly dataDir: string | null;
  readonly clock: { readonly kind: string; readonly nowMs: number };
  readonly startedAtMs: number;
  readonly iam: "off" | "enforce";
  readonly services: Readonly<Record<string, string>>;
}
