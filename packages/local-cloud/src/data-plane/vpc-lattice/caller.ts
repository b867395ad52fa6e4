import type { IncomingMessage } from "node:http";
import type { Identities } from "../../identity.ts";
import type { Principal } from "./auth-policy.ts";

/** The SigV4 name of calls to services. Source: AWS docs, "SIGv4 authenticated requests". */
const SIGNING_NAME = "vpc-lattice-svcs";

/**
 * Whose signature a request carries; undefined when it has none for VPC Lattice. As elsewhere in this cloud
 * the key says who calls, and the signature itself is not checked.
 */
export function callerOf(message: IncomingMessage, identities: Identities): Principal | undefined {
  const credential = /^AWS4-(?:HMAC-SHA256|ECDSA-P256-SHA256) .*?Credential=([^,\s]+)/.exec(
    message.headers.authorization ?? "",
  )?.[1];
  const parts = credential?.split("/") ?? [];
  const [accessKeyId] = parts;
  if (accessKeyId === undefined || parts.at(-2) !== SIGNING_NAME) return undefined;
  const { account, caller } = identities.identify(accessKeyId);
  const session = /^arn:([^:]+):sts::\d{12}:assumed-role\/([^/]+)\/(.+)$/.exec(caller.arn);
  const [, partition, role, sessionName] = session ?? [];
  return {
    arn: caller.arn,
    account,
    principalArn: session === null ? caller.arn : `arn:${partition}:iam::${account}:role/${role}`,
    sessionName,
  };
}
