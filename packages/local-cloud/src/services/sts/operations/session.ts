import type { Session } from "../../../identity.ts";
import type { Cloud } from "../../../service.ts";
import { wholeSecond } from "../../dates.ts";
import { accessDenied, mayNotAssume, validationError } from "../errors.ts";
import {
  ASSUME_ROLE_SECONDS_DEFAULT,
  CHAINED_SECONDS_MAX,
  SESSION_TOKEN_SECONDS_DEFAULT,
} from "../limits.ts";
import type { StsHandlers } from "../sdk.ts";

export function sessionOperations(cloud: Cloud) {
  const { identities, clock } = cloud;
  return {
    async AssumeRole(input, context) {
      const roleArn = input.RoleArn ?? "";
      const sessionName = input.RoleSessionName ?? "";
      const { account, caller } = context;
      const roles = await cloud.port("roles");
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
