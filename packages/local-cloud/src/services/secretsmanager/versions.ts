import { VERSIONS_MAX } from "./limits.ts";
import type { Secret, SecretVersion } from "./state.ts";

export const CURRENT = "AWSCURRENT";
export const PREVIOUS = "AWSPREVIOUS";

export function versionAt(secret: Secret, stage: string): SecretVersion | undefined {
  return secret.versions.find(({ stages }) => stages.includes(stage));
}

/** With `version` added and its labels taken from the others. */
export function addVersion(secret: Secret, version: SecretVersion): readonly SecretVersion[] {
  const versions = [...secret.versions, { ...version, stages: [] }];
  const labelled = version.stages.reduce(
    (all, stage) => moveStage(all, stage, version.id),
    versions as readonly SecretVersion[],
  );
  return forgetUnlabelled(labelled);
}

/**
 * Gives `stage` to the version `id`, or to none. AWSPREVIOUS follows by itself: it goes to the version
 * that AWSCURRENT leaves.
 */
export function moveStage(
  versions: readonly SecretVersion[],
  stage: string,
  id: string | undefined,
): readonly SecretVersion[] {
  const from = versions.find(({ stages }) => stages.includes(stage));
  const moved = versions.map((version) => setStage(version, stage, version.id === id));
  if (stage !== CURRENT || from === undefined || from.id === id) return moved;
  return moved.map((version) => setStage(version, PREVIOUS, version.id === from.id));
}

function setStage(version: SecretVersion, stage: string, has: boolean): SecretVersion {
  const others = version.stages.filter((one) => one !== stage);
  return { ...version, stages: has ? [...others, stage] : others };
}

function forgetUnlabelled(versions: readonly SecretVersion[]): readonly SecretVersion[] {
  let excess = versions.length - VERSIONS_MAX;
  return versions.filter(({ stages }) => stages.length > 0 || excess-- <= 0);
}

/** Label lists by version id, as DescribeSecret and ListSecrets show them. */
export function stagesById(secret: Secret): Record<string, string[]> {
  const labelled = secret.versions.filter(({ stages }) => stages.length > 0);
  return Object.fromEntries(labelled.map(({ id, stages }) => [id, [...stages]]));
}
