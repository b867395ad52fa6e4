import type { Handlers, Input } from "../../service.ts";

/** The SDK module whose types this service answers to. Types only: it is not loaded here. */
type SnsSdk = typeof import("@aws-sdk/client-sns");

export type SnsHandlers = Handlers<SnsSdk>;
export type SnsInput<Name extends string> = Input<SnsSdk, Name>;
