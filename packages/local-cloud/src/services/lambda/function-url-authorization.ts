import type { IncomingMessage } from "node:http";
import type { AwsError } from "../../aws-error.ts";
import { signatureOf, signatureProblem } from "../../data-plane/authorization/signature.ts";
import type { Signer } from "../../data-plane/authorization/traffic-decision.ts";
import type { Cloud } from "../../service.ts";
import { functionArn } from "./function-name.ts";
import { isAllowed } from "./invoke/resource-policy.ts";
import { type FunctionUrlRow, keyOf, type PlaceState } from "./state.ts";

/** Whether a request may come in, and as whom. */
export type Admitted =
  | {
      readonly kind: "admitted";
      /** Undefined for the public. */
      readonly signer: Signer | undefined;
    }
  | { readonly kind: "forbidden" }
  /** The signature is of no use, whatever policies say. */
  | { readonly kind: "fault"; readonly error: AwsError };

const FORBIDDEN: Admitted = { kind: "forbidden" };

/**
 * Two permissions are needed. Source: AWS docs, "Control access to Lambda function URLs" (since October 2025; URLs that
 * were there before had time until 1 November 2026), and the condition keys of AWS's Service Authorization Reference.
 */
const PERMISSIONS = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"] as const;

/**
 * Asks who may call a function's URL: of the public (`NONE`) the function's own policy, of who signed (`AWS_IAM`) that
 * policy or, in the same account, the signer's own. Where IAM is not enforced, a signature is enough.
 */
export async function admit(
  cloud: Cloud,
  state: PlaceState,
  url: FunctionUrlRow,
  request: IncomingMessage,
): Promise<Admitted> {
  if (url.authType === "AWS_IAM") return admitSigner(cloud, state, url, request);
  const policy = state.policies.get(keyOf(url.functionName, url.alias));
  const isPublic = PERMISSIONS.every((action) =>
    isAllowed(policy, {
      action,
      servicePrincipal: undefined,
      sourceArn: undefined,
      sourceAccount: undefined,
      ...(action === "lambda:InvokeFunction"
        ? { isViaFunctionUrl: true }
        : { functionUrlAuthType: url.authType }),
    }),
  );
  return isPublic ? { kind: "admitted", signer: undefined } : FORBIDDEN;
}

async function admitSigner(
  { authority, identities }: Cloud,
  { place }: PlaceState,
  url: FunctionUrlRow,
  request: IncomingMessage,
): Promise<Admitted> {
  const { region } = place;
  const signature = signatureOf(request);
  if (authority === undefined) {
    const isSigned = request.headers.authorization?.startsWith("AWS4-HMAC-SHA256 ") ?? false;
    if (!isSigned) return FORBIDDEN;
    const signer = signature && identities.identify(signature.accessKeyId);
    return { kind: "admitted", signer };
  }
  if (signature === undefined) return FORBIDDEN;
  const { accessKeyId } = signature;
  const error = signatureProblem(identities, signature, { region, service: "lambda" });
  if (error !== undefined) return { kind: "fault", error };
  // Unverified: that the URL of an alias asks for the alias, as calls of Invoke do.
  const resource = functionArn(place, url.functionName, url.alias);
  for (const action of PERMISSIONS) {
    const keys =
      action === "lambda:InvokeFunction"
        ? { "lambda:InvokedViaFunctionUrl": "true" }
        : { "lambda:FunctionUrlAuthType": url.authType, "lambda:FunctionArn": resource };
    const denied = await authority.asSigner(
      { accessKeyId, region, request },
      { action, resource, service: "lambda", keys },
    );
    if (denied !== undefined) return FORBIDDEN;
  }
  return { kind: "admitted", signer: identities.identify(accessKeyId) };
}
