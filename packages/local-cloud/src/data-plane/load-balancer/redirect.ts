import type { Exchange } from "./exchange.ts";
import { headerOf, isTls } from "./exchange.ts";
import { type Reply, redirectReply } from "./reply.ts";
import type { Action } from "./routing.ts";

/** Source: AWS docs, "Redirect actions". */
export function redirectOf(
  action: Extract<Action, { kind: "redirect" }>,
  { message, path, query, listener }: Exchange,
): Reply {
  const authority = headerOf(message, "host") ?? "";
  const known: Readonly<Record<string, string>> = {
    protocol: isTls(message) ? "https" : "http",
    host: authority.replace(/:\d+$/, ""),
    // The port that the client knows: here it is not the listener's.
    port: /:(\d+)$/.exec(authority)?.[1] ?? String(listener.port),
    path: path.replace(/^\//, ""),
    query,
  };
  const fill = (text: string) => text.replaceAll(/#\{(\w+)\}/g, (all, name) => known[name] ?? all);
  const protocol = fill(action.protocol).toLowerCase();
  const filledQuery = fill(action.query);
  const location =
    `${protocol}://${fill(action.host)}:${fill(action.port)}${fill(action.path)}` +
    (filledQuery === "" ? "" : `?${filledQuery}`);
  return redirectReply(action.status === "HTTP_301" ? 301 : 302, location);
}
