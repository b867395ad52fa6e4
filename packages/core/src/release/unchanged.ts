import type { PreflightFinding } from "../contracts/traffic-driver.ts";
import type { ReleaseMember, ReleaseSpec } from "./release-spec.ts";

/**
 * Whether a target already runs what the file asks for, and nothing else is wrong with it: a release has nothing to do
 * there. One on which something else is under way is not left out, for it is not known where that will end.
 */
export function isUnchanged(findings: readonly PreflightFinding[]): boolean {
  const problems = findings.filter(({ outcome }) => outcome === "problem");
  return problems.length > 0 && problems.every((problem) => problem.isUnchanged === true);
}

/** The release of fewer targets: who needed one that is left out needs what that one needed. */
export function withoutTargets(spec: ReleaseSpec, left: ReadonlySet<string>): ReleaseSpec {
  const needsOf = new Map(spec.members.map(({ target, needs }) => [target, needs]));
  const stillNeeded = (target: string): readonly string[] =>
    left.has(target) ? (needsOf.get(target) ?? []).flatMap(stillNeeded) : [target];
  const members = spec.members.flatMap((member): ReleaseMember[] => {
    if (left.has(member.target)) return [];
    return [{ ...member, needs: [...new Set(member.needs.flatMap(stillNeeded))] }];
  });
  return { ...spec, members };
}
