import { createHmac, timingSafeEqual } from "node:crypto";
import { parseJsonObject } from "../../json-object.ts";
import type { Cloud } from "../../service.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import { TOKEN_VALID_MS } from "./limits.ts";
import { SERVICE } from "./state.ts";

/** Who a password lets in, and where. */
export type Judged =
  | { readonly kind: "valid"; readonly place: Place }
  | { readonly kind: "expired" }
  | { readonly kind: "invalid" };

/** Passwords of the registry. They are signed, so that nothing has to be remembered of them. */
export interface Tokens {
  issue(place: Place): { readonly password: string; readonly expiresAtMs: number };
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
    issue({ account, region }) {
      const expiresAtMs = clock.nowMs() + TOKEN_VALID_MS;
      const claims = JSON.stringify({ account, region, expiresAtMs });
      const parts = [Buffer.from(claims), sign(claims)];
      return { password: parts.map((part) => part.toString("base64url")).join("."), expiresAtMs };
    },

    judge(password) {
      const [claims = "", signature = ""] = password
        .split(".")
        .map((part) => Buffer.from(part, "base64url").toString("latin1"));
      const wanted = sign(claims);
      const given = Buffer.from(signature, "latin1");
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
        return { kind: "invalid" };
      }
      const { account, region, expiresAtMs } = parseJsonObject(claims) ?? {};
      if (typeof account !== "string" || typeof region !== "string") return { kind: "invalid" };
      if (Number(expiresAtMs) <= clock.nowMs()) return { kind: "expired" };
      return { kind: "valid", place: { account, region } };
    },
  };
}
