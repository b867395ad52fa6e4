import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Permission } from "../../../../drivers/test/support/published-policy.ts";

const PAGE = join(import.meta.dirname, "../../../../../docs/iam.md");
const HEADING = "## What only warns";

export interface OptionalPermission extends Permission {
  /** Whether `headgate plan` asks for it already. */
  readonly isPlanned: boolean;
}

/**
 * The permissions that docs/iam.md says a release can do without: "| Sid | `action`, `action` | the plan | ... |" in the
 * table under its heading.
 */
export function optionalPermissions(): readonly OptionalPermission[] {
  const [, section = ""] = readFileSync(PAGE, "utf8").split(`${HEADING}\n`);
  const [table = ""] = section.split("\n## ", 1);
  const rows = table.matchAll(/^\| (\w+) \| (`[^|]+`) \| the (plan|release) \|/gm);
  const found = [...rows].flatMap(([, sid = "", actions = "", by]) =>
    [...actions.matchAll(/`([^`]+)`/g)].map(([, action = ""]) => {
      return { sid, action, isPlanned: by === "plan" };
    }),
  );
  if (found.length === 0) throw new Error(`docs/iam.md has no table under "${HEADING}"`);
  return found;
}
