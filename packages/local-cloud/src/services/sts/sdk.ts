import type { Handlers, Input } from "../../service.ts";

/** The SDK module whose types this service answers to. Types only: it is not loaded here. */
type StsSdk = typeof import("@aws-sdk/client-sts");

export type StsHandlers = Handlers<StsSdk>;
export type StsInput<Name extends string> = Input<StsSdk, Name>;
