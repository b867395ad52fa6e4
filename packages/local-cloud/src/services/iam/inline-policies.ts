import { limitExceeded, noSuchEntity } from "./errors.ts";
import { checkIdentityPolicy, documentLength } from "./policy-document.ts";
import type { PolicyHolder } from "./state.ts";

/**
 * The inline policies of a user or a group with one more, or another in its place.
 * @throws {AwsError} MalformedPolicyDocument, LimitExceeded
 */
export function withInlinePolicy(
  holder: PolicyHolder,
  kind: "group" | "user",
  { name, document, mostBytes }: { name: string; document: string; mostBytes: number },
): PolicyHolder["inlinePolicies"] {
  checkIdentityPolicy(document);
  const policies = { ...holder.inlinePolicies, [name]: document };
  const sizes = Object.values(policies).map(documentLength);
  if (sizes.reduce((sum, size) => sum + size, 0) > mostBytes) {
    throw limitExceeded(
      `Maximum policy size of ${mostBytes} bytes exceeded for ${kind} ${holder.name}`,
    );
  }
  return policies;
}

/** @throws {AwsError} NoSuchEntity */
export function inlinePolicyOf(holder: PolicyHolder, kind: "group" | "user", name = ""): string {
  const { inlinePolicies } = holder;
  const document = Object.hasOwn(inlinePolicies, name) ? inlinePolicies[name] : undefined;
  if (document === undefined) {
    throw noSuchEntity(`The ${kind} policy with name ${name} cannot be found.`);
  }
  return document;
}

/** @throws {AwsError} NoSuchEntity */
export function withoutInlinePolicy(
  holder: PolicyHolder,
  kind: "group" | "user",
  name: string | undefined,
): PolicyHolder["inlinePolicies"] {
  inlinePolicyOf(holder, kind, name);
  const kept = Object.entries(holder.inlinePolicies).filter(([other]) => other !== name);
  return Object.fromEntries(kept);
}
