import { isJsonObject, type JsonObject } from "../../../json-object.ts";

// A dashboard's body is a user's JSON: every member is read through one of these.

export function textIn(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  return typeof value === "string" ? value : undefined;
}

export function numberIn(object: JsonObject, name: string): number | undefined {
  const value = object[name];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

export function objectIn(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return isJsonObject(value) ? value : {};
}

export function listIn(object: JsonObject, name: string): readonly unknown[] {
  const value = object[name];
  return Array.isArray(value) ? value : [];
}

/** Only what is a colour by itself: it is written into pages. */
export function colorIn(object: JsonObject, name: string): string | undefined {
  const value = textIn(object, name);
  return value !== undefined && /^#[\da-f]{3,8}$/i.test(value) ? value : undefined;
}
