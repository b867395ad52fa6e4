import { hostname, userInfo } from "node:os";

/** Who acts, for the journal: "alice@laptop". */
export function actorHere(): string {
  return `${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a user that has no name.
    return String(process.getuid?.() ?? "unknown");
  }
}
