import type { IncomingMessage } from "node:http";
import type { RequestKeys } from "../iam-policy/keys.ts";
import { isJsonObject } from "../json-object.ts";
import { tagKeysGiven, tagsGiven } from "./demands/tags-given.ts";

/** What keys that every request has are read from. */
export interface RequestParts {
  /** Undefined: a service asks of its own accord. */
  readonly request: IncomingMessage | undefined;
  readonly input: unknown;
  readonly region: string;
  readonly nowMs: number;
  readonly resource: string;
  readonly tagsOfResource: () => Readonly<Record<string, string>> | undefined;
}

/**
 * Keys that every request has, worked out only when a policy asks.
 * Source: AWS docs, "AWS global condition context keys".
 */
export function requestKeys(parts: RequestParts): RequestKeys {
  const { request, region, nowMs, resource } = parts;
  const input = isJsonObject(parts.input) ? parts.input : {};
  return (key) => {
    const tag = /^(aws:resourcetag|aws:requesttag|[a-z0-9-]+:resourcetag)\/(.+)$/.exec(key);
    if (tag !== null) {
      const [, kind, name = ""] = tag;
      const tags = kind === "aws:requesttag" ? tagsGiven(input) : parts.tagsOfResource();
      return one(valueIgnoringCase(tags, name));
    }
    switch (key) {
      case "aws:currenttime":
        return [new Date(nowMs).toISOString()];
      case "aws:epochtime":
        return [String(Math.floor(nowMs / 1000))];
      case "aws:requestedregion":
        return [region];
      case "aws:resourceaccount":
        return one(resource.split(":")[4] || undefined);
      case "aws:securetransport":
        // This cloud speaks HTTP where AWS speaks HTTPS: a policy that asks for it must not shut it.
        return ["true"];
      case "aws:sourceip":
        return one(request?.socket.remoteAddress?.replace(/^::ffff:/, ""));
      case "aws:tagkeys": {
        const keys = tagKeysGiven(input);
        return keys.length === 0 ? undefined : keys;
      }
      case "aws:useragent":
        return one(request?.headers["user-agent"]);
      case "aws:viaawsservice":
        return ["false"];
      default:
        return undefined;
    }
  };
}

function one(value: string | undefined): readonly string[] | undefined {
  return value === undefined ? undefined : [value];
}

/** Names of condition keys do not tell capitals apart, and so neither do the tags in them. */
function valueIgnoringCase(
  tags: Readonly<Record<string, string>> | undefined,
  name: string,
): string | undefined {
  return Object.entries(tags ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
}
