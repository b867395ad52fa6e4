import type { KeyValues } from "../../iam-policy/keys.ts";
import { isJsonObject, type JsonObject } from "../../json-object.ts";
import type { ResourceFacts } from "../../service.ts";
import type { Place } from "../../telemetry/metric-sink.ts";

/** An operation on its way to its handler. */
export interface Call {
  readonly operation: string;
  readonly input: JsonObject;
  /** The caller's account, and the region that is called. */
  readonly place: Place;
  /** Of the HTTP request: the permissions of API Gateway are made of them. */
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  /** What the called service knows of its own resources. */
  readonly facts: ResourceFacts;
}

/** One permission that a call needs. It needs all that it demands, on each of their resources. */
export interface Demand {
  /** "lambda:UpdateAlias" */
  readonly action: string;
  /** ARNs; ["*"] of an action without resources of its own. */
  readonly resources: readonly string[];
  /** Condition keys of the service. */
  readonly keys?: KeyValues | undefined;
}

/** How the operations of one service become demands. */
export interface ServiceDemands {
  /** "elasticloadbalancing" */
  readonly prefix: string;
  /** The part behind the colon, where it is not the operation's name. */
  actionOf?(call: Call): string;
  /** Undefined and the empty list mean "*". */
  resourcesOf(call: Call): readonly string[] | undefined;
  keysOf?(call: Call): KeyValues;
  /** Permissions beside the operation's own: to hand on a role, to tag what it makes. */
  also?(call: Call): readonly Demand[];
  /** Operations that need no permission at all. */
  readonly free?: ReadonlySet<string>;
}

/** A member that is text; undefined when it is missing, empty or something else. */
export function text(input: JsonObject, member: string): string | undefined {
  const value = input[member];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A member that is a list of texts, or one text. */
export function texts(input: JsonObject, member: string): readonly string[] {
  const value = input[member];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((item) => typeof item === "string");
}

/** A member that is a list of structures. */
export function structures(input: JsonObject, member: string): readonly JsonObject[] {
  const value = input[member];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

export function structure(input: JsonObject, member: string): JsonObject {
  const value = input[member];
  return isJsonObject(value) ? value : {};
}

/** "arn:aws:ecs:us-east-1:000000000000:cluster/shop" */
export function arnIn({ account, region }: Place, service: string, resource: string): string {
  return `arn:aws:${service}:${region}:${account}:${resource}`;
}

/** What stands behind the last "/" or, without one, the whole: of names that may be ARNs. */
export function lastPart(nameOrArn: string): string {
  return nameOrArn.slice(nameOrArn.lastIndexOf("/") + 1);
}
