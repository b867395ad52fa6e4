import { ExpressionError, type Token, tokenize } from "./tokens.ts";

// prettier-ignore
export type Operator =
  | "+" | "-" | "*" | "/" | "^"
  | "==" | "!=" | "<" | "<=" | ">" | ">="
  | "AND" | "OR";

/** A parsed metric-math expression. */
export type Node =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  /** The id of another query of the request. */
  | { readonly kind: "reference"; readonly id: string }
  /** FILL's REPEAT and LINEAR, and other words a function takes. */
  | { readonly kind: "word"; readonly value: string }
  | { readonly kind: "negate"; readonly operand: Node }
  | {
      readonly kind: "binary";
      readonly operator: Operator;
      readonly left: Node;
      readonly right: Node;
    }
  | { readonly kind: "call"; readonly name: string; readonly inputs: readonly Node[] }
  | { readonly kind: "list"; readonly items: readonly Node[] };

/**
 * How tightly operators bind. `^` is from the right, all others from the left.
 * Source: AWS docs, "Using metric math": arithmetic before comparison before logic.
 */
const STRENGTH: Readonly<Record<Operator, number>> = {
  OR: 1,
  AND: 2,
  "==": 3,
  "!=": 3,
  "<": 4,
  "<=": 4,
  ">": 4,
  ">=": 4,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
  "^": 8,
};

const UNARY_STRENGTH = 7;

/** A Pratt parser. @throws {ExpressionError} "Invalid syntax", the only thing AWS says. */
export function parseExpression(text: string): Node {
  const parser = new Parser(tokenize(text));
  const node = parser.expression(0);
  parser.expectEnd();
  return node;
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  expression(minimum: number): Node {
    let left = this.#operand();
    for (;;) {
      const operator = operatorOf(this.#peek());
      if (operator === undefined || STRENGTH[operator] < minimum) return left;
      this.#take();
      const strength = STRENGTH[operator];
      const right = this.expression(operator === "^" ? strength : strength + 1);
      left = { kind: "binary", operator, left, right };
    }
  }

  expectEnd(): void {
    if (this.#peek().kind !== "end") throw syntaxError();
  }

  #operand(): Node {
    const token = this.#take();
    switch (token.kind) {
      case "number":
        return { kind: "number", value: token.value };
      case "string":
        return { kind: "string", value: token.value };
      case "name":
        return this.#named(token.value);
      case "mark":
        return this.#prefixed(token.value);
      case "end":
        throw syntaxError();
    }
  }

  #named(name: string): Node {
    if (this.#accept("(")) return { kind: "call", name, inputs: this.#listUntil(")") };
    // Ids start with a lower-case letter, so an upper-case name can only be a function's word.
    if (/^[a-z]/.test(name)) return { kind: "reference", id: name };
    return { kind: "word", value: name };
  }

  #prefixed(mark: string): Node {
    if (mark === "-") return { kind: "negate", operand: this.expression(UNARY_STRENGTH) };
    if (mark === "+") return this.expression(UNARY_STRENGTH);
    if (mark === "[") return { kind: "list", items: this.#listUntil("]") };
    if (mark !== "(") throw syntaxError();
    const inside = this.expression(0);
    if (!this.#accept(")")) throw syntaxError();
    return inside;
  }

  #listUntil(close: string): Node[] {
    const items: Node[] = [];
    if (this.#accept(close)) return items;
    do items.push(this.expression(0));
    while (this.#accept(","));
    if (!this.#accept(close)) throw syntaxError();
    return items;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: "end" };
  }

  #take(): Token {
    const token = this.#peek();
    this.#next += 1;
    return token;
  }

  #accept(mark: string): boolean {
    const token = this.#peek();
    if (token.kind !== "mark" || token.value !== mark) return false;
    this.#next += 1;
    return true;
  }
}

function operatorOf(token: Token): Operator | undefined {
  if (token.kind === "name") {
    return token.value === "AND" || token.value === "OR" ? token.value : undefined;
  }
  if (token.kind !== "mark") return undefined;
  if (token.value === "&&") return "AND";
  if (token.value === "||") return "OR";
  return token.value in STRENGTH ? (token.value as Operator) : undefined;
}

function syntaxError(): ExpressionError {
  return new ExpressionError("Invalid syntax");
}
