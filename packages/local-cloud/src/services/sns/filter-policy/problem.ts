import { invalidParameter } from "../errors.ts";

/** Whose policy is read, for the texts of errors. */
export interface Place {
  /** "FilterPolicy", or "Attributes Reason: FilterPolicy" when it came with Subscribe. */
  readonly attribute: string;
}

interface Source extends Place {
  readonly text: string;
  /** Undefined where AWS does not repeat the policy. */
  readonly source: string | undefined;
}

const HIDDEN = "REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)";
/** AWS's parser repeats no more of a policy. */
const SOURCE_MAX = 500;

/** @param offset where in the policy the problem shows. */
export function invalidPolicy(
  problem: string,
  { attribute, source, text }: Source,
  offset: number,
) {
  const before = text.slice(0, offset).split("\n");
  const line = before.length;
  const column = (before.at(-1)?.length ?? 0) + 1;
  const shown = source === undefined ? HIDDEN : `(String)${quoted(source)}`;
  return invalidParameter(
    `${attribute}: ${problem}\n at [Source: ${shown}; line: ${line}, column: ${column}]`,
  );
}

function quoted(text: string): string {
  if (text.length <= SOURCE_MAX) return `"${text}"`;
  return `"${text.slice(0, SOURCE_MAX)}"[truncated ${text.length - SOURCE_MAX} chars]`;
}
