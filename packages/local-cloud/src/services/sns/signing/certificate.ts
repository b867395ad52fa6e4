import { createHash, createPublicKey, type KeyObject, sign } from "node:crypto";
import {
  bitString,
  context,
  integer,
  nothing,
  objectId,
  sequence,
  set,
  text,
  utcTime,
} from "./der.ts";

const SHA256_WITH_RSA = "1.2.840.113549.1.1.11";
const COMMON_NAME = "2.5.4.3";
/** As on AWS's certificates: those who verify may look at it. */
const NAME = "sns.amazonaws.com";
/** Good for all times that a cloud's clock may show; two digits are all that a year has here. */
const VALID_FROM = "200101000000Z";
const VALID_UNTIL = "491231235959Z";

/** A certificate of the key, signed by itself, as PEM. Source: RFC 5280. */
export function selfSignedCertificate(privateKey: KeyObject): string {
  const publicKey = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const algorithm = sequence(objectId(SHA256_WITH_RSA), nothing());
  const name = sequence(set(sequence(objectId(COMMON_NAME), text(NAME))));
  const serial = createHash("sha256").update(publicKey).digest().subarray(0, 16);
  const version3 = context(0, integer(Buffer.from([2])));
  const validity = sequence(utcTime(VALID_FROM), utcTime(VALID_UNTIL));
  const content = sequence(version3, integer(serial), algorithm, name, validity, name, publicKey);
  const signature = sign("sha256", content, privateKey);
  return pem(sequence(content, algorithm, bitString(signature)));
}

function pem(der: Uint8Array): string {
  const base64 = Buffer.from(der)
    .toString("base64")
    .replaceAll(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}
