import { type Token, tokensOf, unexpected } from "./tokens.ts";

/** Walks over the tokens of a query and fails with AWS's words. */
export class TokenReader {
  readonly query: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(query: string) {
    this.query = query;
    this.#tokens = tokensOf(query);
  }

  peek(): Token {
    const token = this.#tokens[Math.min(this.#next, this.#tokens.length - 1)];
    if (token === undefined) throw new Error("a query has at least its end");
    return token;
  }

  advance(): Token {
    const token = this.peek();
    this.#next++;
    return token;
  }

  /** End of the token that was taken last. */
  get lastEnd(): number {
    return this.#tokens[this.#next - 1]?.end ?? 0;
  }

  takeWord(...words: readonly string[]): boolean {
    const token = this.peek();
    if (token.kind !== "word" || !words.includes(token.text.toLowerCase())) return false;
    this.#next++;
    return true;
  }

  takeSymbol(...symbols: readonly string[]): string | undefined {
    const token = this.peek();
    if (token.kind !== "symbol" || !symbols.includes(token.text)) return undefined;
    this.#next++;
    return token.text;
  }

  expectSymbol(symbol: string): void {
    if (this.takeSymbol(symbol) === undefined) this.fail();
  }

  expectWord(word: string): void {
    if (!this.takeWord(word)) this.fail();
  }

  /** A field's name, bare or in backticks. */
  expectField(): string {
    const token = this.advance();
    if (token.kind !== "field" && token.kind !== "word") return this.failAt(token);
    return token.text;
  }

  expectNumber(): number {
    const token = this.advance();
    if (token.kind !== "number") return this.failAt(token);
    return Number(token.text);
  }

  /** Java's inline flag for case is the one people write. */
  regex(token: Token): RegExp {
    const ignoresCase = token.text.startsWith("(?i)");
    try {
      return new RegExp(ignoresCase ? token.text.slice(4) : token.text, ignoresCase ? "is" : "s");
    } catch {
      return this.failAt(token);
    }
  }

  fail(): never {
    return this.failAt(this.peek());
  }

  failAt(token: Pick<Token, "text" | "start" | "end">): never {
    throw unexpected(this.query, token.text, token.start, token.end);
  }
}
