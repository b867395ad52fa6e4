import { createHmac, timingSafeEqual } from "node:crypto";
import { isJsonObject, type JsonObject, parseJsonObject } from "../../json-object.ts";
import type { Caller, Cloud } from "../../service.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import { TOKEN_VALID_MS } from "./limits.ts";
import { SERVICE } from "./state.ts";

/** Who got a password: as they were then, because a session may end before it. */
export interface Holder {
  readonly account: string;
  readonly caller: Caller;
}

/** Who a password lets in, and where. */
export type Judged =
  | { readonly kind: "valid"; readonly place: Place; readonly holder: Holder }
  | { readonly kind: "expired" }
  | { readonly kind: "invalid" };

/** Passwords of the registry. They are signed, so that nothing has to be remembered of them. */
export interface Tokens {
  issue(place: Place, holder: Holder): { readonly password: string; readonly expiresAtMs: number };
  judge(password: string): Judged;
}

export function createTokens({ store, random, clock, options }: Cloud): Tokens {
  const scope = { account: options.account, region: options.region, service: SERVICE };
  const keys = store.table<string>(scope, "token-keys");
  // Made with the first token, so that merely looking leaves no row behind.
  const key = () => {
    const kept = keys.get("hmac");
    if (kept !== undefined) return kept;
    const made = random.hex(64);
    keys.set("hmac", made);
    return made;
  };
  const sign = (claims: string) => createHmac("sha256", key()).update(claims).digest();
  return {
    issue({ account, region }, holder) {
      const expiresAtMs = clock.nowMs() + TOKEN_VALID_MS;
      const claims = JSON.stringify({ account, region, expiresAtMs, holder });
      const parts = [Buffer.from(claims), sign(claims)];
      return { password: parts.map((part) => part.toString("base64url")).join("."), expiresAtMs };
    },

    judge(password) {
      const [claimed = "", signature = ""] = password.split(".");
      const claims = Buffer.from(claimed, "base64url").toString("utf8");
      const given = Buffer.from(signature, "base64url");
      const wanted = sign(claims);
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
        return { kind: "invalid" };
      }
      const { account, region, expiresAtMs, holder: kept } = parseJsonObject(claims) ?? {};
      const holder = isJsonObject(kept) ? holderOf(kept) : undefined;
      if (typeof account !== "string" || typeof region !== "string" || holder === undefined) {
        return { kind: "invalid" };
      }
      if (Number(expiresAtMs) <= clock.nowMs()) return { kind: "expired" };
      return { kind: "valid", place: { account, region }, holder };
    },
  };
}

/** Undefined for passwords of versions that did not say who got them. */
function holderOf({ account, caller }: JsonObject): Holder | undefined {
  if (typeof account !== "string" || !isJsonObject(caller)) return undefined;
  const { accessKeyId, arn, userId, sessionPolicies, sessionTags } = caller;
  if (typeof accessKeyId !== "string" || typeof arn !== "string" || typeof userId !== "string") {
    return undefined;
  }
  return {
    account,
    caller: {
      accessKeyId,
      arn,
      userId,
      sessionPolicies: Array.isArray(sessionPolicies) ? sessionPolicies.map(String) : undefined,
      sessionTags: isJsonObject(sessionTags) ? textsOf(sessionTags) : undefined,
    },
  };
}

function textsOf(object: JsonObject): Record<string, string> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, String(value)]));
}
