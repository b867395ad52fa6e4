import { tooDeep, validation } from "./errors.ts";
import { LEVELS_MAX, NAME_CHARACTERS } from "./limits.ts";

/** "/shop/db/host" is made of these. */
const NAME = /^[a-zA-Z0-9_.\-/]+$/;

const RULES =
  "If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_";

/**
 * Checks the name of a parameter to be created.
 * @throws {AwsError} ValidationException, HierarchyLevelLimitExceededException
 */
export function checkName(name: string): void {
  const plain = name.replace(/^\//, "").toLowerCase();
  if (plain.startsWith("aws") || plain.startsWith("ssm")) {
    throw validation(
      `Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive). ${RULES}`,
    );
  }
  if (!NAME.test(name) || /\/\/|\/$/.test(name)) {
    throw validation(`Parameter name: can't be prefixed with "ssm" (case-insensitive). ${RULES}`);
  }
  if (name.includes("/") && !name.startsWith("/")) {
    throw validation("Parameter name must be a fully qualified name.");
  }
  if (name.length > NAME_CHARACTERS) {
    // Unverified: the text.
    throw validation(
      `Parameter name: ${name.length} characters are too many; at most ${NAME_CHARACTERS} are allowed.`,
    );
  }
  if (name.split("/").length - 1 > LEVELS_MAX) throw tooDeep();
}

/** @throws {AwsError} ValidationException, for what cannot be a place in the hierarchy. */
export function checkPath(path: string): void {
  if (path.startsWith("/") && !path.includes("//") && NAME.test(path)) return;
  throw validation(
    `The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash "/". ` +
      `It can't be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the following symbols: ` +
      `. (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, must use the ` +
      `forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.`,
  );
}

/** Whether `name` stands below `path`: directly, or anywhere below when `isRecursive`. */
export function isBelow(name: string, path: string, isRecursive: boolean): boolean {
  const full = name.startsWith("/") ? name : `/${name}`;
  const folder = path.endsWith("/") ? path : `${path}/`;
  if (!full.startsWith(folder)) return false;
  return isRecursive || !full.slice(folder.length).includes("/");
}
