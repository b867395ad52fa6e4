import type { PatchOperation } from "@aws-sdk/client-api-gateway";

/** One operation of a PATCH, its path split and unescaped. */
export interface Patch {
  readonly op: "add" | "remove" | "replace" | "move" | "copy" | "test";
  /** As it came: "/variables/color". Undefined when the caller left it out. */
  readonly path: string | undefined;
  /** ["variables", "color"], with "~1" read as "/" and "~0" as "~". */
  readonly keys: readonly string[];
  readonly value: string | undefined;
  readonly from: string | undefined;
}

export function readPatches(operations: readonly PatchOperation[] | undefined): Patch[] {
  return (operations ?? []).map(({ op, path, value, from }) => ({
    op: op ?? "replace",
    path,
    keys: keysOf(path ?? ""),
    value,
    from,
  }));
}

/** Source: RFC 6901, JSON Pointer. */
function keysOf(path: string): string[] {
  const parts = path.startsWith("/") ? path.slice(1).split("/") : [path];
  return parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

export function withKey<Value>(
  map: Readonly<Record<string, Value>> | undefined,
  key: string,
  value: Value,
): Readonly<Record<string, Value>> {
  return { ...map, [key]: value };
}

/** Undefined when nothing is left: AWS then leaves the member out. */
export function withoutKey<Value>(
  map: Readonly<Record<string, Value>> | undefined,
  key: string,
): Readonly<Record<string, Value>> | undefined {
  const { [key]: _gone, ...rest } = map ?? {};
  return Object.keys(rest).length === 0 ? undefined : rest;
}

/** AWS reads every value of a patch as text; anything but "true" is false. */
export function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === "true";
}
