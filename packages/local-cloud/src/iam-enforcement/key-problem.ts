import type { Identities } from "../identity.ts";

/**
 * Why a key may sign nothing, if it may not. Where nobody is checked, made-up credentials just work; where IAM is
 * enforced, a key must be somebody's.
 */
export function keyProblem(
  identities: Pick<Identities, "signingKey">,
  accessKeyId: string,
): "missing" | "unknownKey" | "expiredToken" | undefined {
  if (accessKeyId === "") return "missing";
  // Twelve digits are the root of the account they name, as everywhere in this cloud.
  if (/^\d{12}$/.test(accessKeyId)) return undefined;
  const key = identities.signingKey(accessKeyId);
  if (key === undefined) return "unknownKey";
  return key.isExpired ? "expiredToken" : undefined;
}
