import type { InvokeWithResponseStreamResponseEvent } from "@aws-sdk/client-lambda";
import type { Handlers, Input, Output, RequestContext } from "../../service.ts";

/** The SDK module whose schemas and types this service answers to. Types only: it is not loaded here. */
type LambdaSdk = typeof import("@aws-sdk/client-lambda");

export type LambdaInput<Name extends string> = Input<LambdaSdk, Name>;

/** Clients dress payloads up (strings go in, helper methods come out); on the wire they are bytes. */
type OnTheWire<Shape> = Omit<Shape, "Payload"> & { readonly Payload?: Uint8Array | undefined };

/** A stream whose events are all known when the answer is written. */
type Finished<Shape> = Omit<Shape, "EventStream"> & {
  readonly EventStream?: readonly InvokeWithResponseStreamResponseEvent[] | undefined;
};

interface Invocations {
  readonly Invoke?: (
    input: OnTheWire<LambdaInput<"Invoke">>,
    context: RequestContext,
  ) => Promise<OnTheWire<Output<LambdaSdk, "Invoke">>>;
  readonly InvokeWithResponseStream?: (
    input: OnTheWire<LambdaInput<"InvokeWithResponseStream">>,
    context: RequestContext,
  ) => Promise<Finished<Output<LambdaSdk, "InvokeWithResponseStream">>>;
}

export type LambdaHandlers = Omit<Handlers<LambdaSdk>, keyof Invocations> & Invocations;
