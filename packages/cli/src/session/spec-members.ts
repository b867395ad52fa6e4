import { isReleaseText, parseRelease, parseSpec, type RolloutSpec } from "@headgate/core";
import { readSpecFile } from "../spec-file.ts";

/** A spec, or the targets of a release, as commands take both. */
export interface SpecMembers {
  /** Of the spec, or of the release. */
  readonly name: string;
  readonly isRelease: boolean;
  /** The spec's file, from whose folder its relative paths start. */
  readonly path: string;
  readonly link: string | undefined;
  readonly members: readonly {
    /** In the release's file; undefined for a spec alone. */
    readonly target?: string;
    readonly spec: RolloutSpec;
  }[];
}

/** @throws {RolloutError} SPEC_INVALID */
export async function readMembers(file: string | undefined): Promise<SpecMembers> {
  const { shown, path, text } = await readSpecFile(file);
  if (!isReleaseText(text)) {
    const { spec } = parseSpec(text, shown);
    return { name: spec.name, isRelease: false, path, link: spec.link, members: [{ spec }] };
  }
  const { name, members } = parseRelease(text, shown).release;
  const [first] = members;
  return { name, isRelease: true, path, link: first?.spec.link, members };
}
