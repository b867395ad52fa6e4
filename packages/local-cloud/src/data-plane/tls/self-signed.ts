import { generateKeyPairSync, sign } from "node:crypto";
import type { Random } from "../../random.ts";

/** A certificate and its key, as PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Long enough for any clock, a virtual one included. */
const NOT_BEFORE = "20200101000000Z";
const NOT_AFTER = "20991231235959Z";

/** ecdsa-with-SHA256, commonName, subjectAltName. Source: RFC 5758, RFC 5280. */
const OID = { ecdsaSha256: "2a8648ce3d040302", commonName: "550403", altName: "551d11" };

/** Makes a certificate for one host name, which nobody trusts who was not told to. Source: RFC 5280. */
export function selfSigned(hostname: string, random: Random): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(oid(OID.ecdsaSha256));
  // A common name has 64 characters at most; clients read the alternative name.
  const name = sequence(
    der(0x31, sequence(oid(OID.commonName), der(0x0c, Buffer.from(hostname.slice(0, 64))))),
  );
  const altNames = sequence(der(0x82, Buffer.from(hostname)));
  const body = sequence(
    der(0xa0, integer("02")),
    integer(`01${random.hex(30)}`),
    algorithm,
    name,
    sequence(der(0x18, Buffer.from(NOT_BEFORE)), der(0x18, Buffer.from(NOT_AFTER))),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(sequence(oid(OID.altName), der(0x04, altNames)))),
  );
  const signature = sign("sha256", body, privateKey);
  const certificate = sequence(body, algorithm, der(0x03, Buffer.from([0]), signature));
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString("base64")}\n-----END CERTIFICATE-----\n`,
  };
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, "hex"));
}

function integer(hex: string): Buffer {
  return der(0x02, Buffer.from(hex, "hex"));
}

/** One value in the distinguished encoding: its tag, its length, its content. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  if (length < 0x100) return [0x81, length];
  return [0x82, length >> 8, length & 0xff];
}
