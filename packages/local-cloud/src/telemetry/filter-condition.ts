import { matchesWildcard } from "../wildcard.ts";
import { FilterPatternError, filterRegex } from "./filter-regex.ts";

/** Values a selector finds in a subject: several for `[*]`, none when it is missing. */
export type Select<Subject> = (subject: Subject) => readonly unknown[];
export type Condition<Subject> = (subject: Subject) => boolean;

type TokenKind = "selector" | "operator" | "string" | "regex" | "word";

interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
}

const TOKEN =
  /\s*(?:(\$(?:\.[\w@$:/-]+|\[(?:\d+|\*|"[^"]*"|'[^']*')\])*)|(&&|\|\||!=|<=|>=|[=<>()])|"((?:[^"\\]|\\.)*)"|%([^%]*)%|([^\s()&|=<>!"]+))\s*/y;

const KINDS: readonly TokenKind[] = ["selector", "operator", "string", "regex", "word"];

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    const index = match?.slice(1).findIndex((group) => group !== undefined) ?? -1;
    const kind = KINDS[index];
    if (kind === undefined) {
      throw new FilterPatternError(`unexpected text at character ${at}: "${text.slice(at)}"`);
    }
    tokens.push({ kind, text: match?.[index + 1] ?? "", at });
  }
  return tokens;
}

/**
 * Parses `a = "x" && (b > 3 || c NOT EXISTS)`. `selectOf` turns the text of a selector into the way
 * to its values.
 * @throws {FilterPatternError}
 */
export function parseCondition<Subject>(
  text: string,
  selectOf: (selector: string) => Select<Subject>,
): Condition<Subject> {
  const parser = new ConditionParser(tokensOf(text), selectOf);
  return parser.parse();
}

class ConditionParser<Subject> {
  readonly #tokens: readonly Token[];
  readonly #selectOf: (selector: string) => Select<Subject>;
  #next = 0;

  constructor(tokens: readonly Token[], selectOf: (selector: string) => Select<Subject>) {
    this.#tokens = tokens;
    this.#selectOf = selectOf;
  }

  parse(): Condition<Subject> {
    const condition = this.#any();
    if (this.#next < this.#tokens.length) this.#fail("the end of the pattern");
    return condition;
  }

  #any(): Condition<Subject> {
    const parts = [this.#all()];
    while (this.#take("||")) parts.push(this.#all());
    return (subject) => parts.some((part) => part(subject));
  }

  #all(): Condition<Subject> {
    const parts = [this.#one()];
    while (this.#take("&&")) parts.push(this.#one());
    return (subject) => parts.every((part) => part(subject));
  }

  #one(): Condition<Subject> {
    if (this.#take("(")) {
      const inner = this.#any();
      if (!this.#take(")")) this.#fail('")"');
      return inner;
    }
    const token = this.#advance();
    if (token?.kind !== "selector" && token?.kind !== "word") this.#fail("a field");
    const select = this.#selectOf(token.text);
    return this.#existence(select) ?? this.#comparison(select);
  }

  /** `IS NULL`, `IS TRUE`, `IS FALSE`, `NOT EXISTS`. */
  #existence(select: Select<Subject>): Condition<Subject> | undefined {
    if (this.#take("NOT")) {
      if (!this.#take("EXISTS")) this.#fail("EXISTS");
      return (subject) => select(subject).length === 0;
    }
    if (!this.#take("IS")) return undefined;
    for (const [word, value] of [
      ["NULL", null] as const,
      ["TRUE", true] as const,
      ["FALSE", false] as const,
    ]) {
      if (this.#take(word)) return (subject) => select(subject).includes(value);
    }
    return this.#fail("NULL, TRUE or FALSE");
  }

  #comparison(select: Select<Subject>): Condition<Subject> {
    const operator = this.#advance();
    if (operator?.kind !== "operator" || !/[=<>]/.test(operator.text)) {
      return this.#fail("an operator");
    }
    const literal = this.#advance();
    if (literal === undefined || literal.kind === "operator" || literal.kind === "selector") {
      return this.#fail("a value");
    }
    const test = comparisonTest(operator.text, literal);
    return (subject) => select(subject).some(test);
  }

  #take(text: string): boolean {
    const token = this.#tokens[this.#next];
    if (token === undefined || token.kind === "string" || token.kind === "regex") return false;
    if (token.text.toUpperCase() !== text) return false;
    this.#next++;
    return true;
  }

  #advance(): Token | undefined {
    return this.#tokens[this.#next++];
  }

  #fail(wanted: string): never {
    const token = this.#tokens[this.#next - 1] ?? this.#tokens[this.#next];
    const where = token === undefined ? "at the end" : `at character ${token.at}, "${token.text}"`;
    throw new FilterPatternError(`expected ${wanted} ${where}`);
  }
}

function comparisonTest(operator: string, literal: Token): (value: unknown) => boolean {
  if (operator === "=" || operator === "!=") {
    const equals = equalityTest(literal);
    return operator === "=" ? equals : (value) => !equals(value);
  }
  const bound = Number(literal.text);
  if (literal.kind !== "word" || Number.isNaN(bound)) {
    throw new FilterPatternError(`"${operator}" needs a number, not "${literal.text}"`);
  }
  const compare = ORDER[operator];
  if (compare === undefined) throw new FilterPatternError(`"${operator}" is no operator`);
  return (value) => {
    const number = numberOf(value);
    return number !== undefined && compare(number, bound);
  };
}

const ORDER: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

function equalityTest(literal: Token): (value: unknown) => boolean {
  if (literal.kind === "regex") {
    const regex = filterRegex(literal.text);
    return (value) => isScalar(value) && regex.test(String(value));
  }
  const number = literal.kind === "word" ? Number(literal.text) : Number.NaN;
  const text = literal.kind === "string" ? literal.text.replace(/\\(.)/g, "$1") : literal.text;
  return (value) =>
    isScalar(value) &&
    (matchesWildcard(text, String(value)) || (!Number.isNaN(number) && numberOf(value) === number));
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value.trim() === "") return undefined;
  const number = Number(value);
  return Number.isNaN(number) ? undefined : number;
}
