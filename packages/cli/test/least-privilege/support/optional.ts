import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Permission } from "../../../../drivers/test/support/published-policy.ts";

const PAGE = join(import.meta.dirname, "../../../../../docs/iam.md");
const HEADING = "## What only warns";

export interface OptionalPermission extends Permission {
  /** "the plan", and all that comes after it; "the release" to its end; "the way back"; or "nothing here". */
  readonly missedBy: string;
}

/**
 * The permissions that docs/iam.md says a release can do without: "| Sid | `action`, `action` | the plan | ... |" in the
 * table under its heading.
 */
export function optionalPermissions(): readonly OptionalPermission[] {
  const [, section = ""] = readFileSync(PAGE, "utf8").split(`${HEADING}\n`);
  const [table = ""] = section.split("\n## ", 1);
  const rows = table.matchAll(
    /^\| (\w+) \| (`[^|]+`) \| (the plan|the release|the way back|nothing here) \|/gm,
  );
  const found = [...rows].flatMap(([, sid = "", actions = "", missedBy = ""]) =>
    [...actions.matchAll(/`([^`]+)`/g)].map(([, action = ""]) => {
      return { sid, action, missedBy };
    }),
  );
  if (found.length === 0) throw new Error(`docs/iam.md has no table under "${HEADING}"`);
  return found;
}

/** What releases try without being the poorer when it is refused, in small letters: what docs/iam.md says so of. */
export function triedActions(): ReadonlySet<string> {
  const [, line = ""] = /^Tried, and never missed:(.+)/m.exec(readFileSync(PAGE, "utf8")) ?? [];
  const actions = [...line.matchAll(/`([^`]+)`/g)].map(([, action = ""]) => action.toLowerCase());
  if (actions.length === 0)
    throw new Error("docs/iam.md names nothing that is tried, and never missed");
  return new Set(actions);
}
