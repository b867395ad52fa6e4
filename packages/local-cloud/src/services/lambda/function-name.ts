import type { Place } from "../../telemetry/metric-sink.ts";
import { accessDenied, constraintBroken, invalidParameter, notFound } from "./errors.ts";

export const LATEST = "$LATEST";

/** What a caller named: the function, and the version or alias when one was named. */
export interface FunctionReference {
  readonly name: string;
  readonly qualifier: string | undefined;
}

interface ParsedName extends FunctionReference {
  readonly region: string | undefined;
  readonly account: string | undefined;
}

/** Name, `name:qualifier`, partial ARN or ARN. Source: botocore lambda 2015-03-31 model. */
const NAME =
  /^(?:arn:aws[a-zA-Z-]*:lambda:)?(?:((?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):)?(?:(\d{12}):)?(?:function:)?([a-zA-Z0-9-_.]+)(?::(\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?$/;
const PATTERN_TEXT =
  "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?";
const PLAIN_NAME = /^[a-zA-Z0-9-_]+$/;

/**
 * Reads a `FunctionName` member together with the `Qualifier` member beside it.
 *
 * @throws AWS's errors for a name of another form, region or account, and for a qualifier inside the
 * name that contradicts the member.
 */
export function parseReference(
  place: Place,
  functionName: string,
  qualifier?: string,
): FunctionReference {
  // Nearly every call names a plain function.
  if (PLAIN_NAME.test(functionName)) return { name: functionName, qualifier };
  const parsed = parse(functionName);
  if (parsed === undefined) {
    throw constraintBroken(
      functionName,
      "functionName",
      `Member must satisfy regular expression pattern: ${PATTERN_TEXT}`,
    );
  }
  if (parsed.account !== undefined && parsed.account !== place.account) throw otherAccount();
  if (parsed.region !== undefined && parsed.region !== place.region) {
    throw notFound(
      `Functions from '${parsed.region}' are not reachable in this region ('${place.region}')`,
    );
  }
  if (qualifier !== undefined && parsed.qualifier !== undefined && parsed.qualifier !== qualifier) {
    throw invalidParameter(
      "The derived qualifier from the function name does not match the specified qualifier.",
    );
  }
  return { name: parsed.name, qualifier: qualifier ?? parsed.qualifier };
}

/** The same for operations that take no qualifier at all. */
/** How an operation names a function, a version or an alias. */
export interface NamedFunction {
  readonly FunctionName?: string | undefined;
  readonly Qualifier?: string | undefined;
}

/** {@link parseReference} of an operation's own members. */
export function referenceOf(
  place: Place,
  { FunctionName = "", Qualifier }: NamedFunction,
): FunctionReference {
  return parseReference(place, FunctionName, Qualifier);
}

export function parseUnqualified(place: Place, functionName: string): string {
  return parseReference(place, functionName).name;
}

function parse(functionName: string): ParsedName | undefined {
  const found = NAME.exec(functionName);
  if (found === null) return undefined;
  const [, region, account, name, qualifier] = found;
  return name === undefined ? undefined : { region, account, name, qualifier };
}

/** AWS's answer carries no message. Cross-account calls are not simulated. */
function otherAccount() {
  return accessDenied("");
}

export function functionArn(place: Place, name: string, qualifier?: string): string {
  const arn = `arn:aws:lambda:${place.region}:${place.account}:function:${name}`;
  return qualifier === undefined ? arn : `${arn}:${qualifier}`;
}

function isVersionNumber(qualifier: string): boolean {
  return /^\d+$/.test(qualifier);
}

export function isAliasName(qualifier: string): boolean {
  return /^[a-zA-Z0-9-_]+$/.test(qualifier) && !isVersionNumber(qualifier);
}
