import type { IncomingMessage } from "node:http";
import { headerOf } from "./exchange.ts";

/** The cookies of stickiness. AWS's are encrypted; what stands in them is not for clients to read. */
const NAMES = { group: "AWSALBTG", target: "AWSALB", application: "AWSALBAPP-0" } as const;

/** How long browsers keep the cookie. Source: AWS docs, "Sticky sessions" (seven days). */
const KEPT_MS = 7 * 24 * 3_600_000;

type Kind = keyof typeof NAMES;

/** What a client's cookie says, unless it is too old; undefined also for one that nobody here made. */
export function readSticky(
  message: IncomingMessage,
  kind: Kind,
  groupArns: readonly string[],
  nowMs: number,
): { readonly groupArn: string; readonly value: string } | undefined {
  for (const suffix of ["", "CORS"]) {
    const content = cookieOf(message, NAMES[kind] + suffix);
    if (content === undefined) continue;
    const [groupArn, value, untilMs] = Buffer.from(content, "base64url").toString().split("\n");
    if (groupArn === undefined || value === undefined || !groupArns.includes(groupArn)) continue;
    if (Number(untilMs) > nowMs) return { groupArn, value };
  }
  return undefined;
}

/** The two lines that make a client stick: one as it is, one for requests from other sites. */
export function stickyCookies(
  kind: Kind,
  content: {
    readonly groupArn: string;
    readonly value: string;
    readonly seconds: number;
    readonly nowMs: number;
    readonly isSecure: boolean;
  },
): string[] {
  const { groupArn, value, seconds, nowMs, isSecure } = content;
  const text = `${groupArn}\n${value}\n${nowMs + seconds * 1000}`;
  const sealed = Buffer.from(text).toString("base64url");
  const expires = new Date(nowMs + KEPT_MS).toUTCString();
  const plain = `${NAMES[kind]}=${sealed}; Expires=${expires}; Path=/`;
  if (kind === "application") return [plain];
  const secure = isSecure ? "; Secure" : "";
  return [
    plain,
    `${NAMES[kind]}CORS=${sealed}; Expires=${expires}; Path=/; SameSite=None${secure}`,
  ];
}

export function cookieOf(message: IncomingMessage, name: string): string | undefined {
  for (const pair of (headerOf(message, "cookie") ?? "").split(/[;,]\s*/)) {
    if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1);
  }
  return undefined;
}
