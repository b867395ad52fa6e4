import { createHash, createPrivateKey, generateKeyPair, type KeyObject, sign } from "node:crypto";
import { promisify } from "node:util";
import type { Cloud } from "../../../service.ts";
import { selfSignedCertificate } from "./certificate.ts";

/** Signs messages as SNS does, with a key that this cloud made for itself. */
export interface Signer {
  /** "SimpleNotificationService-0123....pem": names the certificate that verifies the signatures. */
  readonly certificateFile: string;
  /** PEM. */
  readonly certificate: string;
  /** @param version "1" is SHA-1 with RSA, "2" is SHA-256 with RSA. The signature is base64. */
  sign(text: string, version: string): string;
}

interface KeyRow {
  /** PKCS #8, PEM. */
  readonly privateKey: string;
  readonly certificate: string;
}

/** Of the whole cloud: a topic's region and account do not matter. */
const SCOPE = { account: "", region: "aws-global", service: "sns" };

/** Makes the key at the first call, and keeps it: what was signed before a restart still verifies. */
export function signerOf({ store }: Pick<Cloud, "store">): () => Promise<Signer> {
  let made: Promise<Signer> | undefined;
  const make = async () => {
    const rows = store.table<KeyRow>(SCOPE, "signing");
    const row = rows.get("key") ?? (await newKey());
    if (!rows.has("key")) rows.set("key", row);
    return signerWith(row);
  };
  return () => (made ??= make());
}

async function newKey(): Promise<KeyRow> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  return {
    privateKey: String(privateKey.export({ type: "pkcs8", format: "pem" })),
    certificate: selfSignedCertificate(privateKey),
  };
}

function signerWith({ privateKey, certificate }: KeyRow): Signer {
  const key: KeyObject = createPrivateKey(privateKey);
  const name = createHash("sha256").update(certificate).digest("hex").slice(0, 32);
  return {
    certificateFile: `SimpleNotificationService-${name}.pem`,
    certificate,
    sign: (text, version) =>
      sign(version === "2" ? "sha256" : "sha1", Buffer.from(text, "utf8"), key).toString("base64"),
  };
}
