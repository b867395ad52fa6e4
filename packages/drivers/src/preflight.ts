import { type PreflightFinding, RolloutError } from "@headgate/core";

/** A look that went well may still have something to say. */
export type Looked = string | Omit<PreflightFinding, "check">;

/**
 * Turns one look into one finding: a detail when all is well, what was found when it is not, and an
 * operator's error as a problem. Our own bugs are thrown on.
 */
export async function lookAt(
  check: string,
  look: () => Promise<Looked> | Looked,
): Promise<PreflightFinding> {
  try {
    const found = await look();
    return typeof found === "string" ? ok(check, found) : { check, ...found };
  } catch (error) {
    if (!(error instanceof RolloutError)) throw error;
    const { code, message, hint } = error;
    return { check, ...(code === "REVISION_UNCHANGED" ? runsAlready : problem)(message, hint) };
  }
}

export function ok(check: string, detail: string): PreflightFinding {
  return { check, outcome: "ok", detail, hint: "" };
}

export function problem(detail: string, hint: string): Omit<PreflightFinding, "check"> {
  return { outcome: "problem", detail, hint };
}

/** The target runs the revision already. */
export function runsAlready(detail: string, hint: string): Omit<PreflightFinding, "check"> {
  return { ...problem(detail, hint), isUnchanged: true };
}

export function warning(detail: string, hint: string): Omit<PreflightFinding, "check"> {
  return { outcome: "warning", detail, hint };
}
