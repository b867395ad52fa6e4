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
  /** Policies that limit it beside those of its role. */
  readonly policies?: readonly string[] | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** A user's access key, which lasts until it is deleted. */
export interface UserKey {
  readonly account: string;
  /** "AKIA..." */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** "arn:aws:iam::000000000000:user/deployer" */
  readonly arn: string;
  /** "AIDA..." */
  readonly userId: string;
  /** An inactive key still belongs to its user, but signs nothing. */
  readonly isActive: boolean;
}

/** A pair of key and secret, as `aws configure` asks for them. */
export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** When the pair is a temporary one of somewhere else: requests must carry it too. */
  readonly sessionToken?: string | undefined;
}

/** What a request that is signed with a key must show. */
export interface SigningKey {
  readonly secretAccessKey: string;
  /** Temporary keys only: what the request must carry beside its signature. */
  readonly sessionToken?: string | undefined;
  readonly isExpired: boolean;
}

export interface Identities {
  /**
   * Whose key this is. A session's key is its role, a user's key its user, and a key of twelve digits
   * the root of the account it names. Any other key, one of an expired session included, is the root
   * of the cloud's own account, so that a stock client with made-up credentials just works.
   */
  identify(accessKeyId: string): { readonly account: string; readonly caller: Caller };
  /** Makes and keeps the credentials of a session. */
  issue(
    session: Pick<Session, "account" | "arn" | "userId" | "expiresAtMs" | "policies" | "tags">,
  ): Session;
  /** Makes a user's key known, or replaces what is known of it. */
  keepUserKey(key: UserKey): void;
  forgetUserKey(accessKeyId: string): void;
  /** What signatures with this key are checked against; undefined when it may sign nothing. */
  signingKey(accessKeyId: string): SigningKey | undefined;
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** Keys belong to no one account: a key must be found before its account is known. */
const SCOPE = { account: "", region: "aws-global", service: "identity" };
/** An expired session is kept this long, so that its refusal can say that it expired. Ours. */
const EXPIRED_KEPT_MS = 24 * 3_600_000;

export function createIdentities(parts: {
  readonly store: Store;
  readonly random: Random;
  readonly clock: Clock;
  readonly defaultAccount: string;
  /** The one pair that may sign for the cloud's own account. Default test/test. */
  readonly rootKey?: KeyPair | undefined;
}): Identities {
  const { store, random, clock, defaultAccount } = parts;
  const rootKey = parts.rootKey ?? { accessKeyId: "test", secretAccessKey: "test" };
  const sessions = () => store.table<Session>(SCOPE, "sessions");
  const userKeys = () => store.table<UserKey>(SCOPE, "userKeys");
  return {
    identify(accessKeyId) {
      const session = sessions().get(accessKeyId);
      const isLive = session !== undefined && session.expiresAtMs > clock.nowMs();
      if (isLive) {
        const { account, arn, userId, policies: sessionPolicies, tags: sessionTags } = session;
        return { account, caller: { accessKeyId, arn, userId, sessionPolicies, sessionTags } };
      }
      const holder = userKeys().get(accessKeyId);
      if (holder !== undefined) {
        const { account, arn, userId } = holder;
        return { account, caller: { accessKeyId, arn, userId } };
      }
      const account = /^\d{12}$/.test(accessKeyId) ? accessKeyId : defaultAccount;
      return {
        account,
        caller: { accessKeyId, arn: `arn:aws:iam::${account}:root`, userId: account },
      };
    },
    issue(wanted) {
      forgetExpired(sessions(), clock.nowMs() - EXPIRED_KEPT_MS);
      const session = {
        ...wanted,
        accessKeyId: `ASIA${random.string(16, BASE32)}`,
        secretAccessKey: random.string(40, BASE64),
        sessionToken: random.string(356, BASE64),
      };
      sessions().set(session.accessKeyId, session);
      return session;
    },
    keepUserKey: (key) => userKeys().set(key.accessKeyId, key),
    forgetUserKey: (accessKeyId) => void userKeys().delete(accessKeyId),
    signingKey(accessKeyId) {
      const session = sessions().get(accessKeyId);
      if (session !== undefined) {
        const { secretAccessKey, sessionToken, expiresAtMs } = session;
        return { secretAccessKey, sessionToken, isExpired: expiresAtMs <= clock.nowMs() };
      }
      const userKey = userKeys().get(accessKeyId);
      if (userKey?.isActive === true) {
        return { secretAccessKey: userKey.secretAccessKey, isExpired: false };
      }
      if (rootKey.accessKeyId !== accessKeyId) return undefined;
      const { secretAccessKey, sessionToken } = rootKey;
      return { secretAccessKey, sessionToken, isExpired: false };
    },
  };
}

function forgetExpired(
  sessions: { entries(): Iterable<[string, Session]>; delete(key: string): boolean },
  beforeMs: number,
): void {
  for (const [key, session] of sessions.entries()) {
    if (session.expiresAtMs < beforeMs) sessions.delete(key);
  }
}
