import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Permission } from "../../../../drivers/test/support/published-policy.ts";

const PAGE = join(import.meta.dirname, "../../../../../docs/iam.md");
const HEADING = "## What only warns";

/**
 * The permissions that docs/iam.md says a release can do without: "| `Sid` | `action`, `action` | ... |" in the table under
 * its heading.
 */
export function optionalPermissions(): readonly Permission[] {
  const [, section = ""] = readFileSync(PAGE, "utf8").split(`${HEADING}\n`);
  const rows = section.split("\n## ", 1)[0]?.matchAll(/^\| (\w+) \| ([^|]+) \|/gm) ?? [];
  const found = [...rows].flatMap(([, sid = "", actions = ""]) =>
    [...actions.matchAll(/`([^`]+)`/g)].map(([, action = ""]) => ({ sid, action })),
  );
  if (found.length === 0) throw new Error(`docs/iam.md has no table under "${HEADING}"`);
  return found;
}
