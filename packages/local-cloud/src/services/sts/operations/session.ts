import type { Session } from "../../../identity.ts";
import type { Cloud } from "../../../service.ts";
import { wholeSecond } from "../../dates.ts";
import { parseJsonObject } from "../../../json-object.ts";
import { accessDenied, malformedPolicy, mayNotAssume, validationError } from "../errors.ts";
import {
  ASSUME_ROLE_SECONDS_DEFAULT,
  CHAINED_SECONDS_MAX,
  SESSION_TOKEN_SECONDS_DEFAULT,
} from "../limits.ts";
import type { StsHandlers, StsInput } from "../sdk.ts";

export function sessionOperations(cloud: Cloud) {
  const { identities, clock } = cloud;
  return {
    async AssumeRole(input, context) {
      const roleArn = input.RoleArn ?? "";
      const sessionName = input.RoleSessionName ?? "";
      const { account, caller } = context;
      const [roles, permissions] = await Promise.all([
        cloud.port("roles"),
        cloud.port("permissions"),
      ]);
      const role = roles.assume(roleArn, {
        account,
        arn: caller.arn,
        externalId: input.ExternalId,
      });
      if (role === undefined) throw mayNotAssume(caller.arn, roleArn);
      const seconds = input.DurationSeconds ?? ASSUME_ROLE_SECONDS_DEFAULT;
      checkDuration(seconds, role.maxSessionSeconds, isSession(caller.arn));
      const roleAccount = roleArn.split(":")[4] ?? account;
      const session = identities.issue({
        account: roleAccount,
        arn: `arn:aws:sts::${roleAccount}:assumed-role/${role.roleName}/${sessionName}`,
        userId: `${role.roleId}:${sessionName}`,
        expiresAtMs: clock.nowMs() + seconds * 1000,
        policies: sessionPolicies(input, (arn) => permissions.managedPolicy(roleAccount, arn)),
        tags: sessionTags(input.Tags),
      });
      return {
        Credentials: credentialsOf(session),
        AssumedRoleUser: { AssumedRoleId: session.userId, Arn: session.arn },
        ...(input.SourceIdentity === undefined ? {} : { SourceIdentity: input.SourceIdentity }),
      };
    },

    GetSessionToken(input, { account, caller }) {
      if (isSession(caller.arn)) {
        throw accessDenied("Cannot call GetSessionToken with session credentials");
      }
      const seconds = input.DurationSeconds ?? SESSION_TOKEN_SECONDS_DEFAULT;
      const session = identities.issue({
        account,
        arn: caller.arn,
        userId: caller.userId,
        expiresAtMs: clock.nowMs() + seconds * 1000,
      });
      return { Credentials: credentialsOf(session) };
    },
  } satisfies StsHandlers;
}

/** The policies that limit a session; undefined when none was given. @throws {AwsError} MalformedPolicyDocument */
function sessionPolicies(
  { Policy, PolicyArns = [] }: StsInput<"AssumeRole">,
  documentOf: (arn: string) => string | undefined,
): readonly string[] | undefined {
  if (Policy !== undefined && parseJsonObject(Policy) === undefined) {
    throw malformedPolicy("This policy contains invalid Json");
  }
  // A managed policy that is not there gives nothing, as an empty document does.
  const managed = PolicyArns.map(({ arn = "" }) => documentOf(arn) ?? "{}");
  const policies = [...(Policy === undefined ? [] : [Policy]), ...managed];
  return policies.length === 0 ? undefined : policies;
}

function sessionTags(
  tags: StsInput<"AssumeRole">["Tags"],
): Readonly<Record<string, string>> | undefined {
  if (tags === undefined || tags.length === 0) return undefined;
  return Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));
}

function isSession(callerArn: string): boolean {
  return callerArn.includes(":assumed-role/");
}

function checkDuration(seconds: number, maxSessionSeconds: number, chained: boolean): void {
  if (chained && seconds > CHAINED_SECONDS_MAX) {
    throw validationError(
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
    );
  }
  if (seconds > maxSessionSeconds) {
    throw validationError(
      "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    );
  }
}

function credentialsOf(session: Session) {
  return {
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    SessionToken: session.sessionToken,
    Expiration: wholeSecond(session.expiresAtMs),
  };
}
