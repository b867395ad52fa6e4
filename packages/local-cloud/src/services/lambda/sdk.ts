import type { Handlers, Input, Output, RequestContext } from "../../service.ts";

/** The SDK module whose schemas and types this service answers to. Types only: it is not loaded here. */
type LambdaSdk = typeof import("@aws-sdk/client-lambda");

export type LambdaInput<Name extends string> = Input<LambdaSdk, Name>;

/** Clients dress payloads up (strings go in, helper methods come out); on the wire they are bytes. */
type OnTheWire<Shape> = Omit<Shape, "Payload"> & { readonly Payload?: Uint8Array | undefined };

type InvokeHandler = (
  input: OnTheWire<LambdaInput<"Invoke">>,
  context: RequestContext,
) => Promise<OnTheWire<Output<LambdaSdk, "Invoke">>>;

export type LambdaHandlers = Omit<Handlers<LambdaSdk>, "Invoke"> & {
  readonly Invoke?: InvokeHandler;
};
