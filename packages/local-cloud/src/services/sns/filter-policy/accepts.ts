import { parseJsonObject } from "../../../json-object.ts";
import type { MessageAttribute, Notification } from "../message.ts";
import type { Attributes } from "../state.ts";
import { matchesPolicy } from "./matches.ts";
import { type FilterScope, parseFilterPolicy } from "./parse-policy.ts";

export function scopeOf(attributes: Attributes): FilterScope {
  return attributes["FilterPolicyScope"] === "MessageBody" ? "MessageBody" : "MessageAttributes";
}

/** What a subscription with these attributes makes of a message. */
export type FilterVerdict =
  | { readonly kind: "accepted" }
  | {
      readonly kind: "filteredOut";
      /** AWS's metric that counts why, beside NumberOfNotificationsFilteredOut. */
      readonly metric: FilterMetric;
    };

export type FilterMetric =
  | "NumberOfNotificationsFilteredOut-NoMessageAttributes"
  | "NumberOfNotificationsFilteredOut-InvalidAttributes"
  | "NumberOfNotificationsFilteredOut-MessageAttributes"
  | "NumberOfNotificationsFilteredOut-MessageBody"
  | "NumberOfNotificationsFilteredOut-InvalidMessageBody";

/** Source: AWS docs, "Amazon SNS metrics". */
export function filterVerdict(message: Notification, attributes: Attributes): FilterVerdict {
  const text = attributes["FilterPolicy"];
  if (text === undefined) return { kind: "accepted" };
  const scope = scopeOf(attributes);
  const policy = parseFilterPolicy(text, scope, { attribute: "FilterPolicy" });
  if (scope === "MessageBody") {
    const body = parseJsonObject(message.message);
    if (body === undefined) {
      return {
        kind: "filteredOut",
        metric: "NumberOfNotificationsFilteredOut-InvalidMessageBody",
      };
    }
    if (matchesPolicy(policy, body)) return { kind: "accepted" };
    return { kind: "filteredOut", metric: "NumberOfNotificationsFilteredOut-MessageBody" };
  }
  if (matchesPolicy(policy, documentOf(message.attributes))) return { kind: "accepted" };
  const hasNone = Object.keys(message.attributes).length === 0;
  return {
    kind: "filteredOut",
    metric: `NumberOfNotificationsFilteredOut-${hasNone ? "NoMessageAttributes" : "MessageAttributes"}`,
  };
}

/** Message attributes as an object. Binary ones cannot be filtered by. */
function documentOf(attributes: Readonly<Record<string, MessageAttribute>>) {
  const values = Object.entries(attributes).flatMap(([name, { type, value }]) => {
    const base = type.split(".", 1)[0];
    if (base === "Binary") return [];
    if (base === "Number") return [[name, Number(value)] as const];
    return [[name, type === "String.Array" ? listOf(value) : value] as const];
  });
  return Object.fromEntries(values);
}

/** An array is a JSON text; what is none is one text. */
function listOf(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
