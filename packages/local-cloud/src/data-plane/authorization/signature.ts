import type { IncomingMessage } from "node:http";
import { AwsError } from "../../aws-error.ts";
import { keyProblem } from "../../iam-enforcement/key-problem.ts";
import type { Identities } from "../../identity.ts";
import { refusalError } from "../../wire/signature/refusals.ts";

/** What a request of users' traffic says of its own signature. The signature itself is not checked. */
export interface Signature {
  readonly accessKeyId: string;
  /** "" in a signature for several regions (SigV4a). */
  readonly region: string;
  /** The service's SigV4 name: "execute-api" */
  readonly service: string;
}

/** Reads the header, or else the query of a presigned link. Undefined: the request is not signed. */
export function signatureOf({ headers, url = "" }: IncomingMessage): Signature | undefined {
  const { authorization } = headers;
  const inHeader = /^AWS4-(?:HMAC-SHA256|ECDSA-P256-SHA256) .*?Credential=([^,\s]+)/.exec(
    authorization ?? "",
  )?.[1];
  const credential = authorization === undefined ? presigned(url) : inHeader;
  const parts = credential?.split("/") ?? [];
  const [accessKeyId = ""] = parts;
  const service = parts.at(-2);
  if (service === undefined || parts.length < 4) return undefined;
  return { accessKeyId, region: parts.length > 4 ? (parts.at(-3) ?? "") : "", service };
}

function presigned(url: string): string | undefined {
  if (!url.includes("X-Amz-Signature=")) return undefined;
  return new URLSearchParams(url.slice(url.indexOf("?") + 1)).get("X-Amz-Credential") ?? undefined;
}

/**
 * Why a signature does not let anybody in, whoever it may be, where IAM is enforced. Undefined when it may.
 * Source: the texts that users quote of API Gateway's and other services' answers with InvalidSignatureException
 * (mhart/dynalite, index.js); those about keys are AWS's common errors.
 */
export function signatureProblem(
  identities: Identities,
  { accessKeyId, region, service }: Signature,
  wanted: { readonly region: string; readonly service: string },
): AwsError | undefined {
  const wrong: string[] = [];
  if (region !== "" && region !== wanted.region) {
    wrong.push("Credential should be scoped to a valid region. ");
  }
  if (service !== wanted.service) {
    wrong.push(`Credential should be scoped to correct service: '${wanted.service}'. `);
  }
  if (wrong.length > 0) {
    return new AwsError("InvalidSignatureException", wrong.join(""), { status: 403 });
  }
  const kind = keyProblem(identities, accessKeyId);
  return kind === undefined ? undefined : refusalError({ kind }, "restJson1");
}
