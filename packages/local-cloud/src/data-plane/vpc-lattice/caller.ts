import type { IncomingMessage } from "node:http";
import type { AwsError } from "../../aws-error.ts";
import type { Cloud } from "../../service.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import { signatureOf, signatureProblem } from "../authorization/signature.ts";
import type { Signer } from "../authorization/traffic-decision.ts";

/** Who signed a request. */
export interface Principal extends Signer {
  /** "arn:aws:sts::000000000000:assumed-role/caller/session" */
  readonly arn: string;
  readonly sessionName: string | undefined;
}

/** The SigV4 name of calls to services. Source: AWS docs, "SIGv4 authenticated requests". */
const SIGNING_NAME = "vpc-lattice-svcs";

export interface SignedBy {
  /** Undefined for the anonymous: the request has no signature for VPC Lattice. */
  readonly principal: Principal | undefined;
  /** Why the signature is of no use; only where IAM is enforced. */
  readonly signatureFault: AwsError | undefined;
}

const ANONYMOUS: SignedBy = { principal: undefined, signatureFault: undefined };

/**
 * Whose signature a request carries. As elsewhere in this cloud the key says who calls, and the signature itself is
 * not checked; where IAM is enforced, the key must be somebody's.
 */
export function signedBy(
  message: IncomingMessage,
  { region }: Place,
  { authority, identities }: Pick<Cloud, "authority" | "identities">,
): SignedBy {
  const signature = signatureOf(message);
  const isPresigned = message.headers.authorization === undefined;
  if (signature?.service !== SIGNING_NAME || isPresigned) return ANONYMOUS;
  const signatureFault =
    authority && signatureProblem(identities, signature, { region, service: SIGNING_NAME });
  if (signatureFault !== undefined) return { principal: undefined, signatureFault };
  const signer = identities.identify(signature.accessKeyId);
  const { arn } = signer.caller;
  const sessionName = /^arn:[^:]+:sts::\d{12}:assumed-role\/[^/]+\/(.+)$/.exec(arn)?.[1];
  return { principal: { ...signer, arn, sessionName }, signatureFault };
}
