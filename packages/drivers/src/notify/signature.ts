import { createHmac } from "node:crypto";

/** Source: standardwebhooks.com, "Symmetric": keys of 24 to 64 bytes, in base64 after whsec_. */
const KEY_BYTES = { least: 24, most: 64 };

/** @returns The keys, or what is wrong with the secret, without the secret. */
export function keysOf(secret: string): readonly Buffer[] | string {
  const words = secret.trim().split(/\s+/);
  const keys = words.map((word) => word.replace(/^whsec_/, ""));
  const isBase64 = keys.every((key) => /^[A-Za-z0-9+/]+={0,2}$/.test(key));
  if (!isBase64) return "is not whsec_ and base64";
  const read = keys.map((key) => Buffer.from(key, "base64"));
  const wrong = read.find(({ length }) => length < KEY_BYTES.least || length > KEY_BYTES.most);
  if (wrong === undefined) return read;
  return `has a key of ${wrong.length} bytes; ${KEY_BYTES.least} to ${KEY_BYTES.most} are allowed`;
}

/**
 * The headers of the Standard Webhooks specification: a signature over id, time of sending and body, one for
 * each key, so that a secret can be changed while both are known.
 */
export function signedHeaders(
  message: { readonly id: string; readonly atMs: number; readonly body: string },
  keys: readonly Buffer[],
): Readonly<Record<string, string>> {
  const { id, atMs, body } = message;
  const seconds = String(Math.floor(atMs / 1000));
  const signatures = keys.map((key) => {
    const signature = createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64");
    return `v1,${signature}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": seconds,
    ...(signatures.length === 0 ? {} : { "webhook-signature": signatures.join(" ") }),
  };
}
