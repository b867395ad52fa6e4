/**
 * Whether `text` is what `pattern` describes: `*` stands for any text, `?` for one character where
 * `oneCharacter` says so, everything else for itself. Takes at most the product of both lengths, whatever
 * the pattern: patterns come from users, and a regular expression of many `*` would stop the whole cloud.
 */
export function matchesWildcard(
  pattern: string,
  text: string,
  { oneCharacter = false }: { readonly oneCharacter?: boolean } = {},
): boolean {
  let atPattern = 0;
  let atText = 0;
  /** Where to go on when what follows the last `*` does not match: that `*` then takes one more. */
  let star = -1;
  let retryText = 0;
  while (atText < text.length) {
    const wanted = pattern[atPattern];
    if (wanted === "*") {
      star = atPattern++;
      retryText = atText;
    } else if (wanted === text[atText] || (oneCharacter && wanted === "?")) {
      atPattern++;
      atText++;
    } else if (star >= 0) {
      atPattern = star + 1;
      atText = ++retryText;
    } else {
      return false;
    }
  }
  while (pattern[atPattern] === "*") atPattern++;
  return atPattern === pattern.length;
}
