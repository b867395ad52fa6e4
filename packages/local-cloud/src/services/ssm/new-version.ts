import { runInNewContext } from "node:vm";
import type { Random } from "../../random.ts";
import { badPattern, patternMismatch, typeChanged, validation } from "./errors.ts";
import {
  ADVANCED_VALUE_CHARACTERS,
  PATTERN_TIMEOUT_MS,
  STANDARD_VALUE_CHARACTERS,
} from "./limits.ts";
import type { SsmInput } from "./sdk.ts";
import type { ParameterTier, ParameterType, ParameterVersion } from "./state.ts";

type Put = SsmInput<"PutParameter">;

const DATA_TYPES = new Set(["text", "aws:ec2:image", "aws:ssm:integration"]);

/**
 * The version that PutParameter makes, after `before` when the parameter exists.
 * @throws {AwsError} for a value, type, tier or pattern that does not fit.
 */
export function newVersion(
  input: Put,
  before: ParameterVersion | undefined,
  made: { readonly atMs: number; readonly by: string; readonly random: Random },
): ParameterVersion {
  const type = typeOf(input, before);
  const tier = tierOf(input, before);
  const value = input.Value ?? "";
  const allowedPattern = input.AllowedPattern === "" ? undefined : input.AllowedPattern;
  checkValue(value, tier);
  checkPattern(value, allowedPattern);
  const dataType = input.DataType ?? "text";
  if (!DATA_TYPES.has(dataType)) {
    throw validation(
      `The following data type is not supported: ${dataType} (Data type names are all lowercase.)`,
    );
  }
  const isSecret = type === "SecureString";
  return {
    version: (before?.version ?? 0) + 1,
    type,
    value,
    cipherText: isSecret ? cipherText(made.random) : undefined,
    keyId: isSecret ? (input.KeyId ?? before?.keyId ?? "alias/aws/ssm") : undefined,
    description: input.Description ?? before?.description,
    allowedPattern,
    tier,
    policies: policiesOf(input.Policies, tier),
    dataType,
    labels: [],
    modifiedAtMs: made.atMs,
    modifiedBy: made.by,
  };
}

function typeOf({ Type: type }: Put, before: ParameterVersion | undefined): ParameterType {
  if (before === undefined) {
    if (type === undefined) {
      throw validation("A parameter type is required when you create a parameter.");
    }
    return type;
  }
  if (type !== undefined && type !== before.type) throw typeChanged(before.type, type);
  return before.type;
}

/** Intelligent tiering takes the cheaper tier that will do. A parameter never goes back to standard. */
function tierOf(input: Put, before: ParameterVersion | undefined): ParameterTier {
  if (before?.tier === "Advanced") {
    if (input.Tier === "Standard") {
      throw validation(
        "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.",
      );
    }
    return "Advanced";
  }
  if (input.Tier === "Advanced") return "Advanced";
  const isLong = (input.Value ?? "").length > STANDARD_VALUE_CHARACTERS;
  const needsAdvanced = isLong || policyCount(input.Policies) > 0;
  return input.Tier === "Intelligent-Tiering" && needsAdvanced ? "Advanced" : "Standard";
}

function checkValue(value: string, tier: ParameterTier): void {
  if (value === "") {
    throw validation(
      "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.",
    );
  }
  if (tier === "Standard" && value.length > STANDARD_VALUE_CHARACTERS) {
    throw validation(
      `Standard tier parameters support a maximum parameter value of ${STANDARD_VALUE_CHARACTERS} characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html`,
    );
  }
  if (value.length > ADVANCED_VALUE_CHARACTERS) {
    // Unverified: the text.
    throw validation(
      `Advanced tier parameters support a maximum parameter value of ${ADVANCED_VALUE_CHARACTERS} characters.`,
    );
  }
  if (/\{\{.*\}\}/s.test(value)) {
    // Unverified: the text.
    throw validation(
      `Parameter value can't nest another parameter. Do not use "{{}}" in the value.`,
    );
  }
}

/** The pattern must describe the whole value. */
function checkPattern(value: string, pattern: string | undefined): void {
  if (pattern === undefined) return;
  if (!isPattern(pattern)) throw badPattern(pattern);
  if (!matches(value, pattern)) throw patternMismatch(pattern);
}

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`).source !== "";
  } catch {
    return false;
  }
}

/** In a context that can be stopped: patterns come from users. What takes too long does not match. */
function matches(value: string, pattern: string): boolean {
  try {
    const expression = new RegExp(`^(?:${pattern})$`);
    const found: unknown = runInNewContext(
      "expression.test(value)",
      { expression, value },
      { timeout: PATTERN_TIMEOUT_MS },
    );
    return found === true;
  } catch {
    return false;
  }
}

function policiesOf(text: string | undefined, tier: ParameterTier): string | undefined {
  if (policyCount(text) === 0) return undefined;
  if (tier === "Standard") {
    // Unverified: the text.
    throw validation("Parameter policies are supported by the advanced-parameter tier only.");
  }
  return text;
}

/** @throws {AwsError} ValidationException */
function policyCount(text: string | undefined): number {
  if (text === undefined) return 0;
  try {
    const policies: unknown = JSON.parse(text);
    if (Array.isArray(policies)) return policies.length;
  } catch {
    // Said below, as for JSON that is no list.
  }
  // Unverified: the text.
  throw validation(`The policies are not a JSON list: ${text}`);
}

/** Looks like what KMS makes of a text. */
function cipherText(random: Random): string {
  return `AQICAH${random.string(178, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")}`;
}
