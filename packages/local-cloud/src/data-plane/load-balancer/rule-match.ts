import { isInBlock } from "../../address-block.ts";
import { matchesWildcard } from "../../wildcard.ts";
import { type Exchange, headerOf } from "./exchange.ts";
import type { Condition } from "./routing.ts";

type Matched = Pick<Exchange, "message" | "method" | "path" | "query" | "clientIp">;

/** Source: AWS docs, "Condition types for listener rules". */
export function matchesAll(conditions: readonly Condition[], request: Matched): boolean {
  return conditions.every((condition) => matchesOne(condition, request));
}

function matchesOne(condition: Condition, request: Matched): boolean {
  switch (condition.kind) {
    case "host-header": {
      const host = (headerOf(request.message, "host") ?? "").replace(/:\d+$/, "").toLowerCase();
      return condition.values.some((value) => isLike(value.toLowerCase(), host));
    }
    case "path-pattern":
      return condition.values.some((value) => isLike(value, request.path));
    case "http-request-method":
      return condition.values.includes(request.method);
    case "source-ip":
      return condition.values.some((block) => isInBlock(block, request.clientIp));
    case "http-header": {
      const value = headerOf(request.message, condition.name.toLowerCase());
      if (value === undefined) return false;
      const lower = value.toLowerCase();
      return condition.values.some((wanted) => isLike(wanted.toLowerCase(), lower));
    }
    case "query-string": {
      const pairs = [...new URLSearchParams(request.query)];
      return condition.pairs.some((wanted) =>
        pairs.some(
          ([key, value]) =>
            (wanted.key === undefined || isLike(wanted.key.toLowerCase(), key.toLowerCase())) &&
            isLike(wanted.value.toLowerCase(), value.toLowerCase()),
        ),
      );
    }
    default:
      return condition satisfies never;
  }
}

function isLike(pattern: string, text: string): boolean {
  return matchesWildcard(pattern, text, { oneCharacter: true });
}
