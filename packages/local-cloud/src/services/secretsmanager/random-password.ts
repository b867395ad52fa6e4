import type { Random } from "../../random.ts";
import { invalidParameter } from "./errors.ts";
import { PASSWORD_LENGTH_DEFAULT, PASSWORD_LENGTH_MAX } from "./limits.ts";
import type { SecretsManagerInput } from "./sdk.ts";

const LOWERCASE = "abcdefghijklmnopqrstuvwxyz";
const UPPERCASE = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const NUMBERS = "0123456789";
/** Source: model, GetRandomPassword, ExcludePunctuation. */
const PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/**
 * Uniform over the allowed characters. With one of each type required, those are drawn first and then
 * shuffled in among the rest.
 * @throws {AwsError} InvalidParameterException
 */
export function randomPassword(
  random: Random,
  input: SecretsManagerInput<"GetRandomPassword">,
): string {
  const length = input.PasswordLength ?? PASSWORD_LENGTH_DEFAULT;
  // Texts: Source: recorded AWS answers (LocalStack and moto tests of GetRandomPassword).
  if (length > PASSWORD_LENGTH_MAX) {
    throw invalidParameter(
      `1 validation error detected: Value '${length}' at 'passwordLength' failed to satisfy constraint: Member must have value less than or equal to ${PASSWORD_LENGTH_MAX}`,
    );
  }
  const types = allowedTypes(input);
  const alphabet = types.join("");
  if (alphabet === "") {
    throw invalidParameter(
      "All characters that you specified are excluded. Choose fewer characters to exclude.",
    );
  }
  const required = input.RequireEachIncludedType === false ? [] : types;
  if (length < Math.max(required.length, 1)) {
    throw invalidParameter("Password length is too short based on the required types.");
  }
  const drawn = required.map((type) => random.string(1, type));
  const characters = [...drawn, ...Array.from(random.string(length - drawn.length, alphabet))];
  return shuffle(characters, random).join("");
}

/** The characters of each type that is left, types without any left out. */
function allowedTypes(input: SecretsManagerInput<"GetRandomPassword">): string[] {
  const excluded = new Set(input.ExcludeCharacters ?? "");
  const types = [
    input.ExcludeLowercase === true ? "" : LOWERCASE,
    input.ExcludeUppercase === true ? "" : UPPERCASE,
    input.ExcludeNumbers === true ? "" : NUMBERS,
    input.ExcludePunctuation === true ? "" : PUNCTUATION,
    input.IncludeSpace === true ? " " : "",
  ];
  return types
    .map((type) =>
      Array.from(type)
        .filter((character) => !excluded.has(character))
        .join(""),
    )
    .filter((type) => type !== "");
}

/** Fisher and Yates. */
function shuffle(items: readonly string[], random: Random): string[] {
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = random.int(last + 1);
    [shuffled[last], shuffled[other]] = [shuffled[other] ?? "", shuffled[last] ?? ""];
  }
  return shuffled;
}
