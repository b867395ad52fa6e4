import type { Principals } from "./document.ts";

/** Who asks. */
export type Principal =
  | {
      readonly kind: "root" | "user";
      readonly account: string;
      /** "arn:aws:iam::000000000000:user/team/ann" */
      readonly arn: string;
    }
  | {
      readonly kind: "session";
      readonly account: string;
      /** "arn:aws:sts::000000000000:assumed-role/deployer/session" */
      readonly arn: string;
      readonly roleName: string;
      /** With its path, when it is known. */
      readonly roleArn: string | undefined;
    }
  /** "codedeploy.amazonaws.com" */
  | { readonly kind: "service"; readonly name: string }
  /** Who did not sign. */
  | { readonly kind: "anonymous" };

/**
 * How a policy of a resource speaks of somebody.
 * - "self" names the very one, or everybody.
 * - "role" names the role of a session: boundaries and session policies still count.
 * - "account" hands the decision to the policies in that account, and lets nobody in by itself.
 *
 * Source: AWS docs, "Policy evaluation logic" and "AWS JSON policy elements: Principal".
 */
export type Mention = "self" | "role" | "account" | "none";

const STRENGTH: readonly Mention[] = ["none", "account", "role", "self"];

export function mentionOf({ isNegated, byKind }: Principals, principal: Principal): Mention {
  let strongest: Mention = "none";
  for (const [kind, names] of byKind) {
    for (const name of names) {
      const mention = mentionByName(kind, name, principal);
      if (STRENGTH.indexOf(mention) > STRENGTH.indexOf(strongest)) strongest = mention;
    }
  }
  if (!isNegated) return strongest;
  // NotPrincipal speaks of everybody else. An exempted role without its account exempts no session: AWS
  // asks for both to be listed.
  return strongest === "none" || strongest === "account" ? "self" : "none";
}

function mentionByName(kind: string, name: string, principal: Principal): Mention {
  if (principal.kind === "service") {
    if (kind === "Service") return name === principal.name ? "self" : "none";
    // That is how a topic's own policy lets CloudWatch in.
    return kind === "AWS" && name === "*" ? "self" : "none";
  }
  if (kind !== "AWS") return "none";
  if (principal.kind === "anonymous") return name === "*" ? "self" : "none";
  const { account, arn } = principal;
  if (name === "*" || name === arn) return "self";
  if (name === account || name === `arn:aws:iam::${account}:root`) return "account";
  return principal.kind === "session" && isRoleOf(name, principal) ? "role" : "none";
}

/** Names of roles are unique in an account, whatever their path. */
function isRoleOf(
  name: string,
  { account, roleName, roleArn }: Extract<Principal, { kind: "session" }>,
): boolean {
  if (roleArn !== undefined) return name === roleArn;
  return name.startsWith(`arn:aws:iam::${account}:role/`) && name.endsWith(`/${roleName}`);
}
