import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";
import type { Caller } from "./service.ts";
import type { Store } from "./storage/store.ts";

/** Temporary credentials of an assumed role. */
export interface Session {
  readonly account: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** "arn:aws:sts::000000000000:assumed-role/my-role/session-name" */
  readonly arn: string;
  /** "AROA...:session-name" */
  readonly userId: string;
  readonly expiresAtMs: number;
}

export interface Identities {
  /**
   * Whose key this is. A twelve-digit key names its account, a session's key its role; any other key is
   * the root of the cloud's own account, so that a stock client with made-up credentials just works.
   */
  identify(accessKeyId: string): { readonly account: string; readonly caller: Caller };
  /** Makes and keeps the credentials of a session. */
  issue(session: Pick<Session, "account" | "arn" | "userId" | "expiresAtMs">): Session;
  session(accessKeyId: string): Session | undefined;
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** Sessions belong to no one account: a key must be found before its account is known. */
const SCOPE = { account: "", region: "aws-global", service: "identity" };

export function createIdentities(parts: {
  readonly store: Store;
  readonly random: Random;
  readonly clock: Clock;
  readonly defaultAccount: string;
}): Identities {
  const { store, random, clock, defaultAccount } = parts;
  const sessions = () => store.table<Session>(SCOPE, "sessions");
  return {
    identify(accessKeyId) {
      const session = sessions().get(accessKeyId);
      if (session !== undefined) {
        const { account, arn, userId } = session;
        return { account, caller: { accessKeyId, arn, userId } };
      }
      const account = /^\d{12}$/.test(accessKeyId) ? accessKeyId : defaultAccount;
      return {
        account,
        caller: { accessKeyId, arn: `arn:aws:iam::${account}:root`, userId: account },
      };
    },
    issue(wanted) {
      forgetExpired(sessions(), clock.nowMs());
      const session = {
        ...wanted,
        accessKeyId: `ASIA${random.string(16, BASE32)}`,
        secretAccessKey: random.string(40, BASE64),
        sessionToken: random.string(356, BASE64),
      };
      sessions().set(session.accessKeyId, session);
      return session;
    },
    session: (accessKeyId) => sessions().get(accessKeyId),
  };
}

function forgetExpired(
  sessions: { entries(): Iterable<[string, Session]>; delete(key: string): boolean },
  nowMs: number,
): void {
  for (const [key, session] of sessions.entries()) {
    if (session.expiresAtMs < nowMs) sessions.delete(key);
  }
}
