import type { Handlers, Input } from "../../service.ts";

/** The SDK module whose types this service answers to. Types only: it is not loaded here. */
type SsmSdk = typeof import("@aws-sdk/client-ssm");

export type SsmHandlers = Handlers<SsmSdk>;
export type SsmInput<Name extends string> = Input<SsmSdk, Name>;
