import { createHmac, timingSafeEqual } from "node:crypto";
import { queryValue, type WireRequest } from "../wire-request.ts";
import { canonicalRequest, sha256 } from "./canonical-request.ts";
import type { SigningKey } from "../../identity.ts";
import type { Refusal } from "./refusals.ts";

export interface SignatureChecker {
  /** @returns why the request is not let in, or undefined when its signature is right. */
  check(request: WireRequest): Refusal | undefined;
}

/** How far a signature's time may be from the cloud's. Source: AWS docs, signature version 4. */
const SKEW_MINUTES = 15;
const MINUTE_MS = 60_000;
const LONGEST_PRESIGNED_S = 7 * 24 * 3600;

/** What an access key signs with; undefined when there is no such key. */
export type SigningKeys = (accessKeyId: string) => SigningKey | undefined;

export function createSignatureChecker(options: {
  readonly nowMs: () => number;
  readonly signingKey: SigningKeys;
}): SignatureChecker {
  return {
    check(request) {
      const claim = claimOf(request);
      if (claim === undefined) return { kind: "missing" };
      if ("kind" in claim) return claim;
      const key = options.signingKey(claim.accessKeyId);
      // A temporary key without its own token is as good as unknown, as with AWS.
      if (key === undefined || key.sessionToken !== tokenOf(request)) return { kind: "unknownKey" };
      if (key.isExpired) return { kind: "expiredToken" };
      const untimely = timeRefusal(claim, options.nowMs());
      if (untimely !== undefined) return untimely;
      return isSignedWith(key.secretAccessKey, claim, request) ? undefined : { kind: "mismatch" };
    },
  };
}

/** The token that comes with temporary credentials. */
function tokenOf({ headers, query }: WireRequest): string | undefined {
  const header = headers["x-amz-security-token"];
  const token = Array.isArray(header) ? header[0] : header;
  return token ?? queryValue(query, "X-Amz-Security-Token");
}

/** What a request says of its own signature. */
interface Claim {
  readonly accessKeyId: string;
  /** "20261121/us-east-1/lambda/aws4_request" */
  readonly scope: readonly [date: string, region: string, service: string, end: string];
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** "20261121T044300Z" */
  readonly time: string;
  /** Of a presigned link: how long it holds. */
  readonly expiresS: number | undefined;
}

const ALGORITHM = "AWS4-HMAC-SHA256";

function claimOf(request: WireRequest): Claim | Refusal | undefined {
  const header = request.headers.authorization;
  if (header === undefined) {
    if (queryValue(request.query, "X-Amz-Signature") === undefined) return undefined;
    const value = (name: string) => queryValue(request.query, `X-Amz-${name}`);
    const expiresS = Number(value("Expires") ?? Number.NaN);
    if (!(expiresS >= 0 && expiresS <= LONGEST_PRESIGNED_S)) {
      return { kind: "incomplete", detail: "X-Amz-Expires must be between 0 and 604800 seconds" };
    }
    return parseClaim(value, value("Date"), expiresS, "AWS query-string parameters must include");
  }
  if (!header.startsWith(`${ALGORITHM} `)) {
    return { kind: "incomplete", detail: `Unsupported AWS 'algorithm': '${firstWord(header)}'.` };
  }
  const parts = new Map<string, string>();
  for (const part of header.slice(ALGORITHM.length).split(",")) {
    const mark = part.indexOf("=");
    parts.set(part.slice(0, mark).trim(), part.slice(mark + 1).trim());
  }
  const dated = request.headers["x-amz-date"] ?? basicTime(request.headers.date);
  const time = Array.isArray(dated) ? dated[0] : dated;
  return parseClaim((name) => parts.get(name), time, undefined, "Authorization header requires");
}

function parseClaim(
  value: (name: string) => string | undefined,
  time: string | undefined,
  expiresS: number | undefined,
  requires: string,
): Claim | Refusal {
  const credential = value("Credential")?.split("/") ?? [];
  const signature = value("Signature");
  const signedHeaders = value("SignedHeaders");
  const [date, region, service, end] = credential.slice(-4);
  const accessKeyId = credential.slice(0, -4).join("/");
  const lacks: string[] = [];
  if (!accessKeyId || !date || !region || !service || !end) lacks.push("'Credential' parameter.");
  if (!signature) lacks.push("'Signature' parameter.");
  if (!signedHeaders) lacks.push("'SignedHeaders' parameter.");
  if (!time || !/^\d{8}T\d{6}Z$/.test(time)) {
    lacks.push("existence of either a 'X-Amz-Date' or a 'Date' header.");
  }
  if (!date || !region || !service || !end || !signature || !signedHeaders || !time || lacks[0]) {
    return { kind: "incomplete", detail: lacks.map((lack) => `${requires} ${lack}`).join(" ") };
  }
  return {
    accessKeyId,
    scope: [date, region, service, end],
    signedHeaders: signedHeaders.toLowerCase().split(";"),
    signature,
    time,
    expiresS,
  };
}

function timeRefusal({ time, expiresS }: Claim, nowMs: number): Refusal | undefined {
  const signedMs = timeMs(time);
  const now = basicTime(nowMs);
  const skewMs = SKEW_MINUTES * MINUTE_MS;
  if (signedMs > nowMs + skewMs) {
    const latest = basicTime(nowMs + skewMs);
    const detail = `Signature not yet current: ${time} is still later than ${latest} (${now} + ${SKEW_MINUTES} min.)`;
    return { kind: "expired", detail };
  }
  const validMs = expiresS === undefined ? skewMs : expiresS * 1000;
  if (signedMs + validMs >= nowMs) return undefined;
  const earliest = basicTime(nowMs - validMs);
  const window = expiresS === undefined ? `${SKEW_MINUTES} min.` : `${expiresS} s`;
  const detail = `Signature expired: ${time} is now earlier than ${earliest} (${now} - ${window})`;
  return { kind: "expired", detail };
}

function isSignedWith(secret: string, claim: Claim, request: WireRequest): boolean {
  const [date, region, service, end] = claim.scope;
  if (end !== "aws4_request" || date !== claim.time.slice(0, 8)) return false;
  // An unsigned Host would let a signature be replayed at another service.
  if (!claim.signedHeaders.includes("host")) return false;
  const payloadHash = payloadHashOf(request);
  if (payloadHash === undefined) return false;
  const canonical = canonicalRequest(request, claim.signedHeaders, payloadHash);
  const toSign = [ALGORITHM, claim.time, claim.scope.join("/"), sha256(canonical)].join("\n");
  let key: Buffer | string = `AWS4${secret}`;
  for (const part of [date, region, service, end, toSign]) {
    key = createHmac("sha256", key).update(part).digest();
  }
  const sent = Buffer.from(claim.signature, "hex");
  return Buffer.isBuffer(key) && sent.byteLength === key.byteLength && timingSafeEqual(sent, key);
}

/** @returns undefined when the body is not the one that was signed. */
function payloadHashOf({ headers, signedBody }: WireRequest): string | undefined {
  const claimed = headers["x-amz-content-sha256"];
  if (claimed === "UNSIGNED-PAYLOAD") return claimed;
  const actual = sha256(signedBody);
  return claimed === undefined || claimed === actual ? actual : undefined;
}

function timeMs(time: string): number {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** "20261121T044300Z" of milliseconds, or of a `Date` header. */
function basicTime(of: number | string | undefined): string {
  const date = new Date(of ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return "";
  return date.toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
}

function firstWord(text: string): string {
  return text.split(" ", 1)[0] ?? "";
}
