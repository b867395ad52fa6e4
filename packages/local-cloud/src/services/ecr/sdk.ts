import type { Handlers, Input } from "../../service.ts";

/** The SDK module whose types this service answers to. Types only: it is not loaded here. */
type EcrSdk = typeof import("@aws-sdk/client-ecr");

export type EcrHandlers = Handlers<EcrSdk>;
export type EcrInput<Name extends string> = Input<EcrSdk, Name>;
