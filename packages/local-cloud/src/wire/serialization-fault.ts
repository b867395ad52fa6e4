import { AwsError } from "../aws-error.ts";

/** Bytes that are not what the protocol or the schema says: HTTP 400 in every protocol. */
export function serializationFault(message: string): AwsError {
  return new AwsError("SerializationException", message, { status: 400 });
}
