import { AwsError } from "../../aws-error.ts";
import { LABELS_PER_VERSION, LEVELS_MAX, TAGS_MAX } from "./limits.ts";

// Texts without a mark are AWS's, as issues and recorded answers in public repositories quote them.

function refusal(code: string, message: string): AwsError {
  return new AwsError(code, message, { status: 400 });
}

export const validation = (message: string) => refusal("ValidationException", message);

/** AWS gives no text here. */
export const noParameter = () => refusal("ParameterNotFound", "");

export const noVersion = (name: string, selector: string) =>
  refusal(
    "ParameterVersionNotFound",
    `Systems Manager could not find version ${selector} of ${name}. Verify the version and try again.`,
  );

export const parameterExists = () =>
  refusal(
    "ParameterAlreadyExists",
    "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
  );

/** Unverified: the text. */
export const typeChanged = (from: string, to: string) =>
  refusal(
    "HierarchyTypeMismatchException",
    `The parameter type can't be changed from ${from} to ${to}. Delete the parameter and create it again.`,
  );

/** Unverified: the text. */
export const tooDeep = () =>
  refusal(
    "HierarchyLevelLimitExceededException",
    `A hierarchy can have a maximum of ${LEVELS_MAX} levels.`,
  );

/** Unverified: the text. */
export const badPattern = (pattern: string) =>
  refusal("InvalidAllowedPatternException", `The pattern is not a regular expression: ${pattern}`);

export const patternMismatch = (pattern: string) =>
  refusal(
    "ParameterPatternMismatchException",
    `Parameter value, cannot be validated against allowedPattern: ${pattern}`,
  );

/** Unverified: the text. */
export const tooManyParameters = (limit: number) =>
  refusal(
    "ParameterLimitExceeded",
    `This account has ${limit} parameters of this tier in this Region, the maximum. Delete some and try again.`,
  );

export const oldestLabelled = (name: string, version: number) =>
  refusal(
    "ParameterMaxVersionLimitExceeded",
    `You attempted to create a new version of ${name} by calling the PutParameter API with the overwrite flag. ` +
      `Version ${version}, the oldest version, can't be deleted because it has a label associated with it. ` +
      "Move the label to another version of the parameter, and try again.",
  );

export const tooManyLabels = () =>
  refusal(
    "ParameterVersionLabelLimitExceeded",
    `A parameter version can have maximum ${LABELS_PER_VERSION} labels. Move one or more labels to another version and try again.`,
  );

/** Unverified: the text. */
export const tooManyTags = () =>
  refusal("TooManyTagsError", `A resource can have at most ${TAGS_MAX} tags.`);

export const noResource = (id: string) =>
  refusal(
    "InvalidResourceId",
    `The resource ID ${id} is not valid. Verify that you entered the correct ID and try again.`,
  );

/** Unverified: the text. */
export const notHere = (type: string) =>
  refusal(
    "InvalidResourceType",
    `The local cloud has no resources of type ${type}: it keeps tags of Parameter only.`,
  );

export const badToken = () => refusal("InvalidNextToken", "The specified token is not valid.");

export const badFilterKey = (key: string, allowed: readonly string[]) =>
  refusal(
    "InvalidFilterKey",
    `The following filter key is not valid: ${key}. Valid filter keys include: [${allowed.join(", ")}].`,
  );

export const repeatedFilter = (key: string) =>
  refusal(
    "InvalidFilterKey",
    `The following filter is duplicated in the request: ${key}. A request can contain only one occurrence of a specific filter.`,
  );

export const badFilterOption = (option: string, allowed: readonly string[]) =>
  refusal(
    "InvalidFilterOption",
    `The following filter option is not valid: ${option}. Valid options include: [${allowed.join(", ")}].`,
  );

export const noFilterValues = (key: string) =>
  refusal(
    "InvalidFilterValue",
    `The following filter values are missing : null for filter key ${key}.`,
  );
