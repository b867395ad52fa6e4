import { AwsError } from "../aws-error.ts";
import { queryErrorOf } from "../model/query-error.ts";
import type { ServiceModel } from "../model/service-model.ts";
import type { Structure } from "../model/shape.ts";

/** An error on its way to the wire, with everything that any protocol asks about it. */
export interface Failure {
  /** The error shape's name. */
  readonly code: string;
  /** The code in the query protocols: for some errors older than the shape's name. */
  readonly queryCode: string;
  readonly message: string;
  readonly status: number;
  readonly fault: "Sender" | "Receiver";
  /** Undefined for the errors that every service has and no model lists. */
  readonly shape: Structure | undefined;
  /** The error's members, the message among them under the name the shape gives it. */
  readonly members: Readonly<Record<string, unknown>>;
}

/**
 * Says an error in the model's terms. Anything but an `AwsError` is our bug: the client learns only
 * that there was one, as with AWS.
 */
export function failureOf(
  error: unknown,
  model: ServiceModel | undefined,
  isQuery: boolean,
): Failure {
  const known = error instanceof AwsError ? error : INTERNAL_FAILURE;
  const shape = model?.error(known.code);
  const queryError = shape && queryErrorOf(shape.traits);
  const isServer = (known.status ?? 400) >= 500 || shape?.traits.error === "server";
  const modelled = Number(shape?.traits.httpError ?? (isServer ? 500 : 400));
  return {
    code: shape?.name ?? known.code,
    queryCode: queryError?.code ?? known.code,
    message: known.message,
    status: known.status ?? (isQuery ? queryError?.status : undefined) ?? modelled,
    fault: isServer ? "Receiver" : "Sender",
    shape,
    members: { [messageMember(shape)]: known.message, ...known.members },
  };
}

/** Source: AWS docs, common errors of the query APIs. */
const INTERNAL_FAILURE = new AwsError(
  "InternalFailure",
  "The request processing has failed because of an unknown error, exception or failure.",
  { status: 500 },
);

/** Models write "message" or "Message". */
function messageMember(shape: Structure | undefined): string {
  return shape?.members.find(({ name }) => name.toLowerCase() === "message")?.name ?? "message";
}
