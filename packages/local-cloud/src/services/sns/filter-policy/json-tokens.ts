import { invalidPolicy, type Place } from "./problem.ts";

/** One token of a JSON text, and where AWS's parser stands when it has seen it. */
export interface Token {
  readonly kind: "{" | "}" | "[" | "]" | "name" | "string" | "number" | "literal";
  /** The text of names, strings and literals; of numbers as written. */
  readonly text: string;
  /**
   * Offset behind the token. A string counts as seen at its opening quote, and a name with the value
   * behind it: AWS's parser reads strings late and looks one value ahead of names.
   */
  readonly seenAt: number;
  /** Offset behind the whole token. */
  readonly endAt: number;
}

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;
const PLAIN = /[-+.0-9A-Za-z_$]+/y;
const STRUCTURE = /[{}[\],:]/;

/**
 * Cuts a JSON text into tokens.
 * Source: texts of LocalStack's recorded answers (test_validate_set_sub_attributes,
 * test_subscribe_invalid_filter_policy). Unverified: the texts for other faults of the same kind.
 * @throws {AwsError} InvalidParameter where the text is not JSON
 */
export function tokensOf(text: string, place: Place): Token[] {
  checkJson(text, place);
  const raw: { text: string; at: number }[] = [];
  for (let at = skip(text, 0); at < text.length;) {
    const found = match(STRING, text, at) ?? match(PLAIN, text, at) ?? text.charAt(at);
    raw.push({ text: found, at });
    at = skip(text, at + found.length);
  }
  const tokens: Token[] = [];
  raw.forEach(({ text: word, at }, index) => {
    if (word === "," || word === ":") return;
    const endAt = at + word.length;
    const isName = raw[index + 1]?.text === ":";
    const behind = raw[index + 2];
    tokens.push({
      kind: isName ? "name" : kindOf(word),
      text: word.startsWith('"') ? String(JSON.parse(word)) : word,
      seenAt: isName && behind !== undefined ? seenAt(behind) : seenAt({ text: word, at }),
      endAt,
    });
  });
  return tokens;
}

function seenAt({ text, at }: { readonly text: string; readonly at: number }): number {
  return text.startsWith('"') ? at + 1 : at + text.length;
}

function kindOf(word: string): Token["kind"] {
  switch (word) {
    case "{":
    case "}":
    case "[":
    case "]":
      return word;
    case "true":
    case "false":
    case "null":
      return "literal";
    default:
      return word.startsWith('"') ? "string" : "number";
  }
}

/** @throws {AwsError} at the first thing that is not JSON. */
export function checkJson(text: string, { attribute }: Place): void {
  try {
    JSON.parse(text);
    return;
  } catch {
    // Which fault it is, and where, is told below as AWS does.
  }
  const at = skip(text, 0);
  const word = match(PLAIN, text, at);
  const bad = (what: string, offset: number) =>
    invalidPolicy(`failed to parse JSON. ${what}`, { attribute, source: undefined, text }, offset);
  if (word !== undefined && !/^(?:true|false|null|-?\d+)$/.test(word)) {
    throw bad(
      `Unrecognized token '${word}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')`,
      at + word.length,
    );
  }
  const inside = text.charAt(at) === "{" ? skip(text, at + 1) : at;
  const character = text.charAt(inside);
  if (
    text.charAt(at) === "{" &&
    character !== "" &&
    !STRUCTURE.test(character) &&
    character !== '"'
  ) {
    const code = character.codePointAt(0) ?? 0;
    throw bad(
      `Unexpected character ('${character}' (code ${code})): was expecting double-quote to start field name`,
      at + 1,
    );
  }
  throw bad("Unexpected end-of-input or character", text.length);
}

function skip(text: string, at: number): number {
  SPACE.lastIndex = at;
  return at + (SPACE.exec(text)?.[0].length ?? 0);
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
