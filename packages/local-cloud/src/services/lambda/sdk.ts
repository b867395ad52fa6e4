import type { Handler, Handlers, Input, Output } from "../../service.ts";

/** The SDK module whose schemas and types this service answers to. Types only: it is not loaded here. */
type LambdaSdk = typeof import("@aws-sdk/client-lambda");

export type LambdaHandlers = Handlers<LambdaSdk>;
export type LambdaHandler<Name extends string> = Handler<LambdaSdk, Name>;
export type LambdaInput<Name extends string> = Input<LambdaSdk, Name>;
export type LambdaOutput<Name extends string> = Output<LambdaSdk, Name>;
