import type { IncomingMessage } from "node:http";
import type { AwsError } from "../aws-error.ts";
import type { ProtocolName } from "../model/protocols.ts";

/**
 * The wire layer's face to the server. It turns an HTTP request into an operation and its decoded
 * input, and an output or an error back into the protocol's own bytes. It knows schemas, not state.
 */
export interface Wire {
  /**
   * Finds service, protocol and operation, and decodes and validates the input.
   * Never throws for what a client sent: a bad request is a `refused` with its answer ready.
   */
  decode(request: IncomingMessage, body: Uint8Array): Promise<Decoded>;
  /** The answer to a request whose body was not read, in the protocol that its head speaks. */
  refuse(request: IncomingMessage, error: AwsError, requestId: string): WireResponse;
}

export type Decoded =
  | {
      readonly kind: "call";
      /** The SigV4 signing name: "lambda", "monitoring", ... */
      readonly service: string;
      readonly operation: string;
      /** What the request speaks, and its answer will. */
      readonly protocol: ProtocolName;
      readonly input: unknown;
      readonly region: string;
      /** "" when the request carries no credentials. */
      readonly accessKeyId: string;
      /** Encodes the handler's result in the request's protocol. */
      encode(output: unknown, requestId: string): WireResponse;
      /** Encodes an `AwsError`, or anything else as the protocol's internal failure. */
      encodeError(error: unknown, requestId: string): WireResponse;
    }
  | { readonly kind: "refused"; answer(requestId: string): WireResponse };

export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}
