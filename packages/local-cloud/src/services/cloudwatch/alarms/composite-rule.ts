import { validationError } from "../errors.ts";
import { alarmNameOf, type StateValue } from "../state.ts";

/** A parsed AlarmRule. */
type RuleNode =
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "state"; readonly state: StateValue; readonly alarm: string }
  | { readonly kind: "not"; readonly operand: RuleNode }
  | { readonly kind: "and" | "or"; readonly left: RuleNode; readonly right: RuleNode }
  /** AT_LEAST(2, ALARM, (a, b, c)); the count may be a share: "50%". */
  | { readonly kind: "atLeast"; readonly count: number; readonly operands: readonly RuleNode[] };

const STATES = ["ALARM", "OK", "INSUFFICIENT_DATA"] as const;

const TOKEN = /\s*(?:([(),])|"([^"]*)"|([^\s(),"]+))/y;

interface RuleToken {
  readonly text: string;
  readonly isQuoted: boolean;
}

/**
 * Reads ALARM("a") AND (NOT OK(b) OR TRUE). Names may be quoted or bare, names or ARNs. NOT binds
 * before AND, AND before OR. Source: AWS API reference, PutCompositeAlarm, AlarmRule.
 * @throws {AwsError} ValidationError naming the token.
 */
export function parseRule(text: string): RuleNode {
  if (text.trim() !== text || text === "") {
    throw validationError("AlarmRule must not contain leading or trailing whitespace or be null");
  }
  const parser = new RuleParser(tokenize(text));
  const rule = parser.either();
  parser.end();
  return rule;
}

/** The names of the alarms a rule looks at, each once. */
export function alarmsIn(rule: RuleNode): string[] {
  return [...new Set(namesIn(rule))];
}

function namesIn(rule: RuleNode): string[] {
  switch (rule.kind) {
    case "constant":
      return [];
    case "state":
      return [rule.alarm];
    case "not":
      return namesIn(rule.operand);
    case "and":
    case "or":
      return [...namesIn(rule.left), ...namesIn(rule.right)];
    case "atLeast":
      return rule.operands.flatMap(namesIn);
  }
}

export function evaluateRule(
  rule: RuleNode,
  stateOf: (alarm: string) => StateValue | undefined,
): boolean {
  switch (rule.kind) {
    case "constant":
      return rule.value;
    case "state":
      return stateOf(rule.alarm) === rule.state;
    case "not":
      return !evaluateRule(rule.operand, stateOf);
    case "and":
      return evaluateRule(rule.left, stateOf) && evaluateRule(rule.right, stateOf);
    case "or":
      return evaluateRule(rule.left, stateOf) || evaluateRule(rule.right, stateOf);
    case "atLeast":
      return rule.operands.filter((each) => evaluateRule(each, stateOf)).length >= rule.count;
  }
}

function tokenize(text: string): RuleToken[] {
  const tokens: RuleToken[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const start = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw unsupported(text.slice(start).trim());
    const [, mark, quoted, bare] = match;
    tokens.push({ text: mark ?? quoted ?? bare ?? "", isQuoted: quoted !== undefined });
  }
  return tokens;
}

class RuleParser {
  readonly #tokens: readonly RuleToken[];
  #next = 0;

  constructor(tokens: readonly RuleToken[]) {
    this.#tokens = tokens;
  }

  either(): RuleNode {
    let left = this.#both();
    while (this.#accept("OR")) left = { kind: "or", left, right: this.#both() };
    return left;
  }

  end(): void {
    const rest = this.#tokens[this.#next];
    if (rest !== undefined) throw unsupported(rest.text);
  }

  #both(): RuleNode {
    let left = this.#term();
    while (this.#accept("AND")) left = { kind: "and", left, right: this.#term() };
    return left;
  }

  #term(): RuleNode {
    if (this.#accept("NOT")) return { kind: "not", operand: this.#term() };
    if (this.#accept("TRUE")) return { kind: "constant", value: true };
    if (this.#accept("FALSE")) return { kind: "constant", value: false };
    if (this.#accept("AT_LEAST")) return this.#atLeast();
    if (this.#accept("(")) {
      const inside = this.either();
      this.#expect(")");
      return inside;
    }
    const state = this.#state();
    this.#expect("(");
    const alarm = this.#name();
    this.#expect(")");
    return { kind: "state", state, alarm };
  }

  #atLeast(): RuleNode {
    this.#expect("(");
    const wanted = /^(\d+)(%?)$/.exec(this.#take());
    if (wanted === null) throw unsupported(this.#tokens[this.#next - 1]?.text);
    this.#expect(",");
    const isNot = this.#accept("NOT");
    const state = this.#state();
    this.#expect(",");
    this.#expect("(");
    const operands: RuleNode[] = [];
    do {
      const operand = { kind: "state" as const, state, alarm: this.#name() };
      operands.push(isNot ? { kind: "not", operand } : operand);
    } while (this.#accept(","));
    this.#expect(")");
    this.#expect(")");
    const number = Number(wanted[1]);
    const count = wanted[2] === "%" ? Math.ceil((number * operands.length) / 100) : number;
    return { kind: "atLeast", count, operands };
  }

  #state(): StateValue {
    const token = this.#tokens[this.#next];
    const state = STATES.find((each) => each === token?.text && !token.isQuoted);
    if (state === undefined) throw unsupported(token?.text);
    this.#next += 1;
    return state;
  }

  #name(): string {
    const token = this.#tokens[this.#next];
    if (token === undefined || (!token.isQuoted && /^[(),]$/.test(token.text))) {
      throw unsupported(token?.text);
    }
    this.#next += 1;
    return alarmNameOf(token.text);
  }

  #take(): string {
    const token = this.#tokens[this.#next];
    if (token === undefined) throw unsupported(undefined);
    this.#next += 1;
    return token.text;
  }

  #accept(text: string): boolean {
    const token = this.#tokens[this.#next];
    if (token === undefined || token.isQuoted || token.text !== text) return false;
    this.#next += 1;
    return true;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) throw unsupported(this.#tokens[this.#next]?.text);
  }
}

/** Source: an AWS answer quoted in a public rule set; the words before "must be" are Unverified. */
function unsupported(token: string | undefined): Error {
  return validationError(
    `Error in AlarmRule [Unsupported token '${token ?? ""}' must be: '(', 'NOT', AT_LEAST, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA]`,
  );
}
