/** A piece of a metric-math expression. */
export type Token =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "name"; readonly value: string }
  | { readonly kind: "mark"; readonly value: Mark }
  | { readonly kind: "end" };

// prettier-ignore
const MARKS = [
  "==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "^", "(", ")", "[", "]", ",",
] as const;

type Mark = (typeof MARKS)[number];

/** What is wrong with an expression, in AWS's words; the caller adds which expression it was. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
}

const SPACE = /\s*/y;
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const STRING = /"([^"]*)"|'([^']*)'/y;

/** @throws {ExpressionError} at the first character that starts no token. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  for (match(SPACE); at < text.length; match(SPACE)) {
    const number = match(NUMBER);
    if (number !== null) {
      tokens.push({ kind: "number", value: Number(number[0]) });
      continue;
    }
    const name = match(NAME);
    if (name !== null) {
      tokens.push({ kind: "name", value: name[0] });
      continue;
    }
    const string = match(STRING);
    if (string !== null) {
      tokens.push({ kind: "string", value: string[1] ?? string[2] ?? "" });
      continue;
    }
    const mark = MARKS.find((each) => text.startsWith(each, at));
    if (mark === undefined) throw new ExpressionError("Invalid syntax");
    at += mark.length;
    tokens.push({ kind: "mark", value: mark });
  }
  return [...tokens, { kind: "end" }];
}
