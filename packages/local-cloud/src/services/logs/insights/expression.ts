import { isAggregate, type AggregateCall } from "./aggregates.ts";
import { FUNCTIONS } from "./functions.ts";
import type { Row } from "./row.ts";
import type { TokenReader } from "./token-reader.ts";
import { compare, isTrue, numberOf, textOf, type Value } from "./value.ts";

/** An expression, compiled. */
export type Expression = (row: Row) => Value;

/** Ours: a query of nothing but parentheses must not end the stack. */
const DEPTH_MAX = 100;

const DURATION_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  mo: 30 * 86_400_000,
  q: 91 * 86_400_000,
  y: 365 * 86_400_000,
};

/** "5m" in milliseconds. */
function durationMs(text: string): number {
  const [, amount = "0", unit = "ms"] = /^(\d+)([a-z]+)$/.exec(text) ?? [];
  return Number(amount) * (DURATION_MS[unit] ?? 1);
}

/**
 * Reads one expression. Aggregate calls are allowed where `aggregates` is given: each is noted there
 * and read from the row of its group, under its own key.
 */
export class ExpressionParser {
  readonly #reader: TokenReader;
  readonly #aggregates: AggregateCall[] | undefined;
  #depth = 0;

  constructor(reader: TokenReader, aggregates?: AggregateCall[]) {
    this.#reader = reader;
    this.#aggregates = aggregates;
  }

  parse(): Expression {
    return this.#or();
  }

  #or(): Expression {
    return this.#deeper(() => this.#alternatives());
  }

  #deeper(parse: () => Expression): Expression {
    if (++this.#depth > DEPTH_MAX) this.#reader.fail();
    const expression = parse();
    this.#depth--;
    return expression;
  }

  #alternatives(): Expression {
    let left = this.#and();
    while (this.#reader.takeWord("or")) {
      const [a, b] = [left, this.#and()];
      left = (row) => truth(isTrue(a(row)) || isTrue(b(row)));
    }
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.#reader.takeWord("and")) {
      const [a, b] = [left, this.#not()];
      left = (row) => truth(isTrue(a(row)) && isTrue(b(row)));
    }
    return left;
  }

  #not(): Expression {
    let negations = 0;
    while (this.#reader.takeWord("not")) negations++;
    const operand = this.#comparison();
    if (negations === 0) return operand;
    return (row) => truth(isTrue(operand(row)) === (negations % 2 === 0));
  }

  #comparison(): Expression {
    const left = this.#sum();
    const negated = this.#reader.takeWord("not");
    const matcher = this.#matcher(left);
    if (matcher !== undefined) {
      return negated ? (row) => truth(!isTrue(matcher(row))) : matcher;
    }
    if (negated) this.#reader.fail();
    const operator = this.#reader.takeSymbol("=", "!=", "<", "<=", ">", ">=");
    if (operator === undefined) return left;
    const right = this.#sum();
    const holds = COMPARISONS[operator] ?? (() => false);
    return (row) => {
      const [a, b] = [left(row), right(row)];
      // Unverified: a missing field fulfils no comparison, "!=" included.
      return truth(a !== undefined && b !== undefined && holds(compare(a, b)));
    };
  }

  /** `like "text"`, `like /regex/`, `=~ /regex/`, `in [...]`. */
  #matcher(left: Expression): Expression | undefined {
    const reader = this.#reader;
    if (reader.takeWord("in")) return this.#membership(left);
    if (!reader.takeWord("like") && reader.takeSymbol("=~") === undefined) return undefined;
    const pattern = reader.advance();
    if (pattern.kind === "regex") {
      const regex = reader.regex(pattern);
      return (row) => {
        const value = left(row);
        return truth(value !== undefined && regex.test(textOf(value)));
      };
    }
    if (pattern.kind !== "string") return reader.failAt(pattern);
    return (row) => {
      const value = left(row);
      return truth(value !== undefined && textOf(value).includes(pattern.text));
    };
  }

  #membership(left: Expression): Expression {
    this.#reader.expectSymbol("[");
    const items: Expression[] = [];
    do items.push(this.#sum());
    while (this.#reader.takeSymbol(",") !== undefined);
    this.#reader.expectSymbol("]");
    return (row) => {
      const value = left(row);
      return truth(value !== undefined && items.some((item) => compare(value, item(row)) === 0));
    };
  }

  #sum(): Expression {
    let left = this.#product();
    for (;;) {
      const operator = this.#reader.takeSymbol("+", "-");
      if (operator === undefined) return left;
      left = arithmetic(operator, left, this.#product());
    }
  }

  #product(): Expression {
    let left = this.#power();
    for (;;) {
      const operator = this.#reader.takeSymbol("*", "/", "%");
      if (operator === undefined) return left;
      left = arithmetic(operator, left, this.#power());
    }
  }

  #power(): Expression {
    const base = this.#primary();
    if (this.#reader.takeSymbol("^") === undefined) return base;
    return arithmetic(
      "^",
      base,
      this.#deeper(() => this.#power()),
    );
  }

  #primary(): Expression {
    const reader = this.#reader;
    if (reader.takeSymbol("-") !== undefined) {
      const operand = this.#deeper(() => this.#primary());
      return arithmetic("-", () => 0, operand);
    }
    const token = reader.advance();
    switch (token.kind) {
      case "number":
        return constant(Number(token.text));
      case "duration":
        return constant(durationMs(token.text));
      case "string":
        return constant(token.text);
      case "field":
        return (row) => row.get(token.text);
      case "word":
        if (reader.takeSymbol("(") !== undefined) return this.#call(token.text, token.start);
        return (row) => row.get(token.text);
      case "symbol": {
        if (token.text !== "(") return reader.failAt(token);
        const inner = this.#or();
        reader.expectSymbol(")");
        return inner;
      }
      default:
        return reader.failAt(token);
    }
  }

  #call(name: string, start: number): Expression {
    const lower = name.toLowerCase();
    if (isAggregate(lower)) return this.#aggregate(lower, start);
    const build = FUNCTIONS.get(lower);
    if (build === undefined) return this.#reader.failAt({ text: name, start, end: start });
    return build(this.#arguments());
  }

  #aggregate(name: string, start: number): Expression {
    if (this.#aggregates === undefined) {
      return this.#reader.failAt({ text: name, start, end: start });
    }
    const star = this.#reader.takeSymbol("*") !== undefined;
    // An aggregate inside an aggregate means nothing, so its arguments are plain expressions.
    const plain = new ExpressionParser(this.#reader);
    const operands = star ? plain.#closing([]) : plain.#arguments();
    const key = `\0aggregate ${this.#aggregates.length}`;
    this.#aggregates.push({ name, operands, key });
    return (row) => row.get(key);
  }

  #arguments(): Expression[] {
    const operands: Expression[] = [];
    if (this.#reader.takeSymbol(")") !== undefined) return operands;
    do operands.push(this.#or());
    while (this.#reader.takeSymbol(",") !== undefined);
    return this.#closing(operands);
  }

  #closing(operands: Expression[]): Expression[] {
    this.#reader.expectSymbol(")");
    return operands;
  }
}

const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  "=": (order) => order === 0,
  "!=": (order) => order !== 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "^": (a, b) => a ** b,
};

/** Undefined where an operand is no number or the result is none (a division by zero). */
function arithmetic(operator: string, left: Expression, right: Expression): Expression {
  const operate = ARITHMETIC[operator] ?? (() => Number.NaN);
  return (row) => {
    const a = numberOf(left(row));
    const b = numberOf(right(row));
    const result = a === undefined || b === undefined ? Number.NaN : operate(a, b);
    return Number.isFinite(result) ? result : undefined;
  };
}

function constant(value: Value): Expression {
  return () => value;
}

function truth(holds: boolean): Value {
  return holds ? 1 : 0;
}
