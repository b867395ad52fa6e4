/** A piece of a metric-math expression and where it starts (counted from 0). */
export type Token =
  | { readonly kind: "number"; readonly value: number; readonly at: number }
  | { readonly kind: "string"; readonly value: string; readonly at: number }
  | { readonly kind: "name"; readonly value: string; readonly at: number }
  | { readonly kind: "symbol"; readonly value: Symbol; readonly at: number }
  | { readonly kind: "end"; readonly at: number };

const SYMBOLS = [
  "==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "^", "(", ")", "[", "]", ",",
] as const; // prettier-ignore

export type Symbol = (typeof SYMBOLS)[number];

/** What is wrong with an expression, in AWS's words. `at` is for those who read the code's output. */
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
    const start = at;
    const number = match(NUMBER);
    if (number !== null) {
      tokens.push({ kind: "number", value: Number(number[0]), at: start });
      continue;
    }
    const name = match(NAME);
    if (name !== null) {
      tokens.push({ kind: "name", value: name[0], at: start });
      continue;
    }
    const string = match(STRING);
    if (string !== null) {
      tokens.push({ kind: "string", value: string[1] ?? string[2] ?? "", at: start });
      continue;
    }
    const symbol = SYMBOLS.find((each) => text.startsWith(each, at));
    if (symbol === undefined) throw new ExpressionError("Invalid syntax");
    at += symbol.length;
    tokens.push({ kind: "symbol", value: symbol, at: start });
  }
  return [...tokens, { kind: "end", at }];
}
