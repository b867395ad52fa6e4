/** The text is no filter pattern; `message` says where it went wrong. */
export class FilterPatternError extends Error {
  override readonly name = "FilterPatternError";
}

/**
 * Without groups and lookarounds, as AWS allows: so a pattern takes no exponential time. Several `.*` on a long
 * line still take long, and nothing else runs meanwhile; who may set patterns here may run code anyway.
 */
const REGEX_CHARACTERS = /^[\w\s:#=@/;,\-^$?[\]{}|\\*+.]*$/;

/** A `%regular expression%` of a filter pattern. @throws {FilterPatternError} */
export function filterRegex(expression: string): RegExp {
  if (!REGEX_CHARACTERS.test(expression)) {
    throw new FilterPatternError(`"${expression}" has a character that is not supported`);
  }
  try {
    return new RegExp(expression);
  } catch {
    throw new FilterPatternError(`"${expression}" is no regular expression`);
  }
}
