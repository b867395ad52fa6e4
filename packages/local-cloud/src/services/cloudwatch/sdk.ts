import type { Handlers, Input, Output } from "../../service.ts";

/** The SDK module whose types this service answers to. Types only: it is not loaded here. */
type CloudWatchSdk = typeof import("@aws-sdk/client-cloudwatch");

export type CloudWatchHandlers = Handlers<CloudWatchSdk>;
export type CloudWatchInput<Name extends string> = Input<CloudWatchSdk, Name>;
export type CloudWatchOutput<Name extends string> = Output<CloudWatchSdk, Name>;
