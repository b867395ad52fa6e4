import type { IncomingMessage } from "node:http";
import { reasonOf } from "../../iam-enforcement/denial.ts";
import type { Cloud } from "../../service.ts";
import { type Signature, signatureOf, signatureProblem } from "../authorization/signature.ts";
import { decideTraffic, type Signer } from "../authorization/traffic-decision.ts";
import { type Exchange, routeOf } from "./exchange.ts";
import { GatewayFailure } from "./gateway-failure.ts";

const INVOKE = "execute-api:Invoke";
/** The SigV4 name of calls to deployed APIs. */
const SIGNING_NAME = "execute-api";

/**
 * Asks who may call a method: the API's resource policy, always; with AWS_IAM for a signature, and where IAM is
 * enforced for the policies of who signed.
 * Source: AWS docs, "How API Gateway resource policies affect authorization workflow" and its tables A and B. The texts:
 * calls measured on AWS in eu-west-1 on 2026-10-02, as design notes for floci tell them; the account is masked there, too.
 * @throws {GatewayFailure}
 */
export async function authorize(
  cloud: Cloud,
  exchange: Exchange,
  message: IncomingMessage,
): Promise<void> {
  const { api, place, request, stage } = exchange;
  const { authorizationType } = routeOf(exchange).method.method;
  if (authorizationType === "AWS_IAM") exchange.signer = signerOf(cloud, exchange, message);
  const { signer } = exchange;
  const { policy, apiId } = api.definition;
  const isSignerAsked = signer !== undefined && cloud.authority !== undefined;
  if (policy === undefined && !isSignerAsked) return;
  const path = `${apiId}/${stage.stageName}/${request.method}${request.path}`;
  const arn = (account: string) => `arn:aws:execute-api:${place.region}:${account}:${path}`;
  const decision = await decideTraffic(cloud, {
    message,
    signer,
    place,
    action: INVOKE,
    resource: arn(place.account),
    service: "apigateway",
    policy,
    // Who signed may be let in by policies of their own; the anonymous have none.
    needsBothSides: authorizationType !== "AWS_IAM",
  });
  if (decision.allowed) return;
  const who = `User: ${signer?.caller.arn ?? "anonymous"} is not authorized to perform: ${INVOKE}`;
  const masked = arn(place.account.slice(-4).padStart(place.account.length, "*"));
  const text = `${who} on resource: ${masked} ${reasonOf(INVOKE, decision)}`;
  throw new GatewayFailure("accessDenied", text, text);
}

/** @returns undefined for a signature that names nobody: it is enough where nobody is checked. */
function signerOf(
  { authority, identities }: Cloud,
  { request, place }: Exchange,
  message: IncomingMessage,
): Signer | undefined {
  const signature = signatureOf(message);
  if (authority !== undefined) requireKnownSigner(signature, place.region, identities);
  const isSigned =
    request.header("authorization")?.startsWith("AWS4-") === true ||
    request.query?.has("X-Amz-Signature") === true;
  if (!isSigned) throw new GatewayFailure("missingToken", "the request is not signed");
  return signature && identities.identify(signature.accessKeyId);
}

/** Unverified: which gateway response a key that is nobody's gets. */
function requireKnownSigner(
  signature: Signature | undefined,
  region: string,
  identities: Cloud["identities"],
): void {
  if (signature === undefined) {
    throw new GatewayFailure("missingToken", "the request has no signature that names a key");
  }
  const problem = signatureProblem(identities, signature, { region, service: SIGNING_NAME });
  if (problem === undefined) return;
  switch (problem.code) {
    case "ExpiredTokenException":
      throw new GatewayFailure("expiredToken", problem.message, problem.message);
    case "UnrecognizedClientException":
      throw new GatewayFailure("unknownKey", problem.message, problem.message);
    default:
      throw new GatewayFailure("invalidSignature", problem.message, problem.message);
  }
}
