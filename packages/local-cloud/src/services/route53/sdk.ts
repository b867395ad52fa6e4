import type { Handlers, Input } from "../../service.ts";

/** The SDK module whose types this service answers to. Types only: it is not loaded here. */
type Route53Sdk = typeof import("@aws-sdk/client-route-53");

export type Route53Handlers = Handlers<Route53Sdk>;
export type Route53Input<Name extends string> = Input<Route53Sdk, Name>;
