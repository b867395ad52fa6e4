import type { Store, Table } from "../../storage/store.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import { noParameter, noVersion } from "./errors.ts";

export type ParameterType = "String" | "StringList" | "SecureString";
export type ParameterTier = "Standard" | "Advanced";

export interface ParameterVersion {
  readonly version: number;
  readonly type: ParameterType;
  readonly value: string;
  /** What a SecureString shows to those who do not ask for decryption. */
  readonly cipherText: string | undefined;
  readonly keyId: string | undefined;
  readonly description: string | undefined;
  readonly allowedPattern: string | undefined;
  readonly tier: ParameterTier;
  readonly policies: string | undefined;
  readonly dataType: string;
  readonly labels: readonly string[];
  readonly modifiedAtMs: number;
  /** An ARN. */
  readonly modifiedBy: string;
}

export interface Parameter {
  readonly name: string;
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Oldest first; never empty. */
  readonly versions: readonly [ParameterVersion, ...ParameterVersion[]];
}

export function parameterTable(store: Store, { account, region }: Place): Table<Parameter> {
  return store.table({ account, region, service: "ssm" }, "parameters");
}

/**
 * The key of a name: "db" and "/db" would have one ARN, so they are one parameter.
 * Unverified: AWS's answer when both are put.
 */
export function keyOf(name: string): string {
  return name.replace(/^\//, "");
}

export function latest({ versions }: Parameter): ParameterVersion {
  return versions.at(-1) ?? versions[0];
}

/** A name as GetParameter takes it, taken apart. */
interface Reference {
  readonly name: string;
  /** When it was given by its ARN, which may be of another account or region. */
  readonly arn: string | undefined;
  /** A version number or a label; undefined for the latest. */
  readonly selector: string | undefined;
}

/** Of "/db/host", "/db/host:3", "/db/host:prod", or an ARN with or without a selector. */
function parseReference(text: string): Reference {
  const [, prefix, path] = /^(arn:aws[\w-]*:ssm:[\w-]+:\d{12}:parameter)(\/.*)$/.exec(text) ?? [];
  const [name = "", selector] = (path ?? text).split(":");
  return { name, arn: prefix && prefix + name, selector };
}

export interface Found {
  readonly parameter: Parameter;
  readonly version: ParameterVersion;
  /** ":3", ":prod"; undefined when none was given. */
  readonly selector: string | undefined;
}

/** @throws {AwsError} ParameterNotFound, ParameterVersionNotFound */
export function findVersion(parameters: Table<Parameter>, reference: string): Found {
  const { name, selector } = parseReference(reference);
  const parameter = findParameter(parameters, reference);
  if (selector === undefined) return { parameter, version: latest(parameter), selector };
  const version = parameter.versions.find(
    (one) => String(one.version) === selector || one.labels.includes(selector),
  );
  if (version === undefined) throw noVersion(name, selector);
  return { parameter, version, selector: `:${selector}` };
}

/** Whatever version it names. @throws {AwsError} ParameterNotFound */
export function findParameter(parameters: Table<Parameter>, nameOrArn: string): Parameter {
  const { name, arn } = parseReference(nameOrArn);
  const parameter = parameters.get(keyOf(name));
  if (parameter === undefined || (arn ?? parameter.arn) !== parameter.arn) throw noParameter();
  return parameter;
}
