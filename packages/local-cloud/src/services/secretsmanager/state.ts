import type { Store, Table } from "../../storage/store.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import { noSecret } from "./errors.ts";

export interface SecretVersion {
  readonly id: string;
  readonly createdAtMs: number;
  /** "AWSCURRENT", "AWSPREVIOUS", "AWSPENDING" and labels of the user's own. */
  readonly stages: readonly string[];
  /** Undefined both: a secret made without a value. */
  readonly text: string | undefined;
  readonly binary: Uint8Array | undefined;
}

export interface Secret {
  readonly name: string;
  /** Ends in six random characters, so that a secret of the same name has another ARN. */
  readonly arn: string;
  readonly description: string | undefined;
  readonly kmsKeyId: string | undefined;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
  /** A day, as AWS rounds it. */
  readonly accessedAtMs: number | undefined;
  /** When DeleteSecret was called; the secret goes at `goneAtMs`. */
  readonly deletedAtMs: number | undefined;
  readonly goneAtMs: number | undefined;
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
  /** Oldest first. */
  readonly versions: readonly SecretVersion[];
}

export function secretTable(store: Store, { account, region }: Place): Table<Secret> {
  return store.table({ account, region, service: "secretsmanager" }, "secrets");
}

/** Whether the recovery window of a deleted secret has passed: it is then as if it never was. */
export function isGone(secret: Secret, nowMs: number): boolean {
  return secret.goneAtMs !== undefined && secret.goneAtMs <= nowMs;
}

/** By name, full ARN, or an ARN without its six random characters. */
export function findSecretIfAny(
  secrets: Table<Secret>,
  secretId: string,
  nowMs: number,
): Secret | undefined {
  const arn = /^arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:(.+)$/.exec(secretId);
  const name = arn?.[1] ?? secretId;
  const secret = (arn && secrets.get(name.replace(/-\w{6}$/, ""))) ?? secrets.get(name);
  if (secret === undefined || isGone(secret, nowMs)) return undefined;
  const isNamed = arn === null || secret.arn === secretId || secret.arn.startsWith(`${secretId}-`);
  return isNamed ? secret : undefined;
}

/** @throws {AwsError} ResourceNotFoundException */
export function findSecret(secrets: Table<Secret>, secretId: string, nowMs: number): Secret {
  const secret = findSecretIfAny(secrets, secretId, nowMs);
  if (secret === undefined) throw noSecret();
  return secret;
}
