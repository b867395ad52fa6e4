import { RegistryError } from "./errors.ts";

/** What a path of the registry is about. */
export type Route =
  | { readonly kind: "ping" }
  | { readonly kind: "catalog" }
  | { readonly kind: "tags"; readonly name: string }
  | { readonly kind: "referrers"; readonly name: string; readonly digest: string }
  | { readonly kind: "manifest"; readonly name: string; readonly reference: string }
  | { readonly kind: "blob"; readonly name: string; readonly digest: string }
  | { readonly kind: "uploads"; readonly name: string }
  | { readonly kind: "upload"; readonly name: string; readonly id: string };

/** Source: the OCI distribution spec 1.1, "Pulling manifests"; AWS wants two characters at least. */
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const NAME_MAX = 256;
const ENDS =
  /^\/v2\/(.+)\/(tags\/list|(?:referrers|manifests|blobs)\/[^/]+|blobs\/uploads\/?|blobs\/uploads\/[^/]+)$/;

/**
 * Reads a path. Undefined when there is nothing of that form.
 * @throws {RegistryError} NAME_INVALID for a name that no repository can have: `..` above all.
 */
export function routeOf(path: string): Route | undefined {
  const decoded = decode(path);
  if (decoded === "/v2" || decoded === "/v2/") return { kind: "ping" };
  if (decoded === "/v2/_catalog") return { kind: "catalog" };
  const [, name = "", end = ""] = ENDS.exec(decoded) ?? [];
  if (end === "") return undefined;
  if (name.length > NAME_MAX || !NAME.test(name)) {
    throw new RegistryError(
      400,
      "NAME_INVALID",
      `${JSON.stringify(name)} is not a repository name: lower-case letters and digits, with . _ - and / between`,
    );
  }
  const last = end.slice(end.lastIndexOf("/") + 1);
  if (end === "tags/list") return { kind: "tags", name };
  if (end === "blobs/uploads" || end === "blobs/uploads/") return { kind: "uploads", name };
  if (end.startsWith("blobs/uploads/")) return { kind: "upload", name, id: last };
  if (end.startsWith("referrers/")) return { kind: "referrers", name, digest: last };
  if (end.startsWith("blobs/")) return { kind: "blob", name, digest: last };
  return { kind: "manifest", name, reference: last };
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new RegistryError(400, "NAME_INVALID", "the path is not valid percent-encoding");
  }
}
