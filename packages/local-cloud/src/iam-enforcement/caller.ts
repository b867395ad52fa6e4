import type { HeldPermissions, PermissionPort } from "../data-plane/ports/permissions.ts";
import { readPolicy, type Policy } from "../iam-policy/document.ts";
import type { KeyValues } from "../iam-policy/keys.ts";
import type { Policies } from "../iam-policy/evaluate.ts";
import type { Principal } from "../iam-policy/principal.ts";
import type { RequestContext } from "../service.ts";

/** A caller as policies see it. */
export interface KnownCaller {
  readonly principal: Principal;
  readonly policies: Omit<Policies, "resource">;
  /** "aws:username" and the like. */
  readonly keys: KeyValues;
}

const NOBODY: HeldPermissions = { id: "", arn: "", policies: [], boundary: undefined, tags: {} };

/**
 * Finds the policies of whoever signed. A user or a role that was deleted has none: its keys and sessions still say
 * who they are, and may do nothing.
 */
export function knownCaller(
  { account, caller }: Pick<RequestContext, "account" | "caller">,
  permissions: PermissionPort,
): KnownCaller {
  const { arn, userId, sessionPolicies, sessionTags } = caller;
  const [, roleName = ""] = /^arn:[^:]+:sts::\d{12}:assumed-role\/([^/]+)\//.exec(arn) ?? [];
  const [, userName = ""] = /:user\/(?:.*\/)?([^/]+)$/.exec(arn) ?? [];
  if (roleName === "" && userName === "") {
    const principal = { kind: "root", account, arn } as const;
    return {
      principal,
      policies: { identity: [ALLOW_ALL], boundary: undefined, session: undefined },
      keys: keys(principal, { type: "Account", arn, userId }),
    };
  }
  const isSession = roleName !== "";
  const held =
    (isSession ? permissions.ofRole(account, roleName) : permissions.ofUser(account, userName)) ??
    NOBODY;
  const roleArn = held.arn === "" ? undefined : held.arn;
  const principal: Principal = isSession
    ? { kind: "session", account, arn, roleName, roleArn }
    : { kind: "user", account, arn };
  return {
    principal,
    policies: {
      identity: held.policies.map(readPolicy),
      boundary: held.boundary === undefined ? undefined : readPolicy(held.boundary),
      session: sessionPolicies?.map(readPolicy),
    },
    keys: {
      ...keys(principal, {
        type: isSession ? "AssumedRole" : "User",
        arn: isSession ? (roleArn ?? `arn:aws:iam::${account}:role/${roleName}`) : arn,
        userId,
      }),
      ...(isSession ? {} : { "aws:username": userName }),
      ...principalTags({ ...held.tags, ...sessionTags }),
    },
  };
}

/** The root of an account may do everything in it. */
export const ALLOW_ALL: Policy = readPolicy(
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
  }),
);

/** Source: AWS docs, "AWS global condition context keys", properties of the principal. */
function keys(
  { account }: { readonly account: string },
  principal: { readonly type: string; readonly arn: string; readonly userId: string },
): KeyValues {
  return {
    "aws:PrincipalArn": principal.arn,
    "aws:PrincipalAccount": account,
    "aws:PrincipalType": principal.type,
    "aws:PrincipalIsAWSService": "false",
    "aws:userid": principal.userId,
  };
}

function principalTags(tags: Readonly<Record<string, string>>): KeyValues {
  return Object.fromEntries(
    Object.entries(tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value]),
  );
}
