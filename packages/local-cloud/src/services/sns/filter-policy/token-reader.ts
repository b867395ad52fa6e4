import type { AwsError } from "../../../aws-error.ts";
import { type Token, tokensOf } from "./json-tokens.ts";
import { invalidPolicy, type Place } from "./problem.ts";

/** The tokens of a policy, one after the other. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  readonly #text: string;
  readonly #place: Place;
  #index = 0;

  /** @throws {AwsError} InvalidParameter for what is not JSON. */
  constructor(text: string, place: Place) {
    this.#text = text;
    this.#place = place;
    this.#tokens = tokensOf(text, place);
  }

  next(): Token {
    const token = this.peek();
    this.#index++;
    return token;
  }

  /** The token `ahead` of the next one. Text that is JSON has one wherever the grammar asks. */
  peek(ahead = 0): Token {
    const token = this.#tokens[this.#index + ahead];
    return (
      token ?? { kind: "literal", text: "", seenAt: this.#text.length, endAt: this.#text.length }
    );
  }

  /** An error that shows where it is; at the end of the token for what was read whole. */
  problem(what: string, token: Token, where: "seenAt" | "endAt" = "seenAt"): AwsError {
    const source = { ...this.#place, text: this.#text, source: this.#text };
    return invalidPolicy(what, source, token[where]);
  }
}
