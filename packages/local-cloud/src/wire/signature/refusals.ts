import { AwsError } from "../../aws-error.ts";
import type { ProtocolName } from "../../model/protocols.ts";

/** Why a request is not let in. */
export type Refusal =
  | { readonly kind: "missing" }
  | { readonly kind: "incomplete"; readonly detail: string }
  | { readonly kind: "unknownKey" }
  /** Temporary credentials whose time is over. */
  | { readonly kind: "expiredToken" }
  | { readonly kind: "mismatch" }
  /** `detail` says the times. */
  | { readonly kind: "expired"; readonly detail: string };

interface Words {
  readonly query: string;
  readonly json: string;
  readonly message: string;
}

const WORDS: Readonly<Record<Refusal["kind"], Words>> = {
  missing: {
    query: "MissingAuthenticationToken",
    json: "MissingAuthenticationTokenException",
    message: "Missing Authentication Token",
  },
  incomplete: {
    query: "IncompleteSignature",
    json: "IncompleteSignatureException",
    message: "",
  },
  unknownKey: {
    query: "InvalidClientTokenId",
    json: "UnrecognizedClientException",
    message: "The security token included in the request is invalid.",
  },
  expiredToken: {
    query: "ExpiredToken",
    json: "ExpiredTokenException",
    message: "The security token included in the request is expired",
  },
  mismatch: {
    query: "SignatureDoesNotMatch",
    json: "InvalidSignatureException",
    message:
      "The request signature we calculated does not match the signature you provided. Check your AWS " +
      "Secret Access Key and signing method. Consult the service documentation for details.",
  },
  expired: { query: "SignatureDoesNotMatch", json: "InvalidSignatureException", message: "" },
};

/**
 * Source: AWS docs, common errors of the query APIs and of the JSON services. Unverified: the status
 * of each in the JSON protocols, 400 where the REST and query ones answer 403.
 */
export function refusalError(refusal: Refusal, protocol: ProtocolName): AwsError {
  const words = WORDS[refusal.kind];
  const isJson = protocol.startsWith("awsJson") || protocol.startsWith("rpcv2");
  const isXml = protocol === "awsQuery" || protocol === "ec2Query" || protocol === "restXml";
  const status = isJson || refusal.kind === "incomplete" ? 400 : 403;
  const message = "detail" in refusal ? refusal.detail : words.message;
  return new AwsError(isXml ? words.query : words.json, message, { status });
}
