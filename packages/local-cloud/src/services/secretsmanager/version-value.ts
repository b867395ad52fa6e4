import { invalidParameter } from "./errors.ts";
import { VALUE_BYTES_MAX } from "./limits.ts";
import type { SecretVersion } from "./state.ts";

interface GivenValue {
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: Uint8Array | undefined;
}

/** @throws {AwsError} InvalidParameterException, for two values or one that is too long. */
export function newVersion(
  { SecretString: text, SecretBinary: binary }: GivenValue,
  id: string,
  nowMs: number,
  stages: readonly string[],
): SecretVersion {
  if (text !== undefined && binary !== undefined) {
    throw invalidParameter(
      "You can't specify both a binary secret value and a string secret value.",
    );
  }
  const bytes = binary?.length ?? Buffer.byteLength(text ?? "");
  if (bytes > VALUE_BYTES_MAX) {
    // Unverified: the text.
    throw invalidParameter(`The secret value is longer than ${VALUE_BYTES_MAX} bytes.`);
  }
  // A copy of its own: the wire's buffer is larger than the value, and is kept alive by it.
  const copy = binary === undefined ? undefined : Uint8Array.from(binary);
  return { id, createdAtMs: nowMs, stages, text, binary: copy };
}

export function sameValue(a: SecretVersion, b: SecretVersion): boolean {
  if (a.text !== b.text) return false;
  if (a.binary === undefined || b.binary === undefined) return a.binary === b.binary;
  return Buffer.compare(a.binary, b.binary) === 0;
}
