import type { Handlers, Input } from "../../service.ts";

/** The SDK module whose types this service answers to. Types only: it is not loaded here. */
type Elbv2Sdk = typeof import("@aws-sdk/client-elastic-load-balancing-v2");

export type Elbv2Handlers = Handlers<Elbv2Sdk>;
export type Elbv2Input<Name extends string> = Input<Elbv2Sdk, Name>;
