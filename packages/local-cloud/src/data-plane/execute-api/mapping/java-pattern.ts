/**
 * A selection pattern as Java's `String.matches` reads it: the whole text must match, and "(?i)", "(?s)"
 * and "(?m)" at its beginning are flags.
 * @throws {SyntaxError} when it is not a pattern.
 */
export function compileJavaPattern(pattern: string): RegExp {
  const [whole = "", flags = ""] = /^\(\?([ims]+)\)/.exec(pattern) ?? [];
  return new RegExp(`^(?:${pattern.slice(whole.length)})$`, [...new Set(flags)].join(""));
}
