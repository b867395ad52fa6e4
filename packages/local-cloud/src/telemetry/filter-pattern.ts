import { delimitedPattern } from "./filter-pattern-delimited.ts";
import { jsonPattern } from "./filter-pattern-json.ts";
import { FilterPatternError, filterRegex } from "./filter-regex.ts";

/** What a pattern found in a matching line: the text of a field by its selector, as in "$.latency". */
export type FieldLookup = (selector: string) => string | undefined;

/** CloudWatch Logs' filter pattern, compiled. Source: AWS docs, FilterAndPatternSyntax. */
export interface FilterPattern {
  /** Undefined when the line does not match. */
  match(message: string): FieldLookup | undefined;
}

/** @throws {FilterPatternError} */
export function parseFilterPattern(text: string): FilterPattern {
  const trimmed = text.trim();
  if (trimmed.startsWith("{")) return { match: jsonPattern(trimmed) };
  if (trimmed.startsWith("[")) return { match: delimitedPattern(trimmed) };
  const matches = termsPattern(trimmed);
  return { match: (message) => (matches(message) ? noFields : undefined) };
}

function noFields(): undefined {
  return undefined;
}

/** A term: an optional "?" or "-", then a quoted phrase, a %regular expression% or a word. */
const TERM = /([?-]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]*)%|([^\s"%]+))(?=\s|$)\s*/y;

type Test = (message: string) => boolean;

/**
 * All plain terms must be there and no excluded one; of the "?" terms one is enough. Mixed with
 * others, the "?" terms do not count. Upper and lower case differ.
 */
function termsPattern(text: string): Test {
  const required: Test[] = [];
  const optional: Test[] = [];
  const excluded: Test[] = [];
  TERM.lastIndex = 0;
  while (TERM.lastIndex < text.length) {
    const at = TERM.lastIndex;
    const match = TERM.exec(text);
    if (match === null) {
      throw new FilterPatternError(`unexpected text at character ${at}: "${text.slice(at)}"`);
    }
    const [, sign, phrase, expression, word = ""] = match;
    const test = termTest(phrase, expression, word);
    (sign === "?" ? optional : sign === "-" ? excluded : required).push(test);
  }
  const mixed = required.length > 0 || excluded.length > 0;
  return (message) =>
    required.every((test) => test(message)) &&
    !excluded.some((test) => test(message)) &&
    (mixed || optional.length === 0 || optional.some((test) => test(message)));
}

function termTest(phrase: string | undefined, expression: string | undefined, word: string): Test {
  if (expression !== undefined) {
    const regex = filterRegex(expression);
    return (message) => regex.test(message);
  }
  const term = phrase?.replace(/\\(.)/g, "$1") ?? word;
  return (message) => message.includes(term);
}
