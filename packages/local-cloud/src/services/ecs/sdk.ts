import type { Handlers, Input } from "../../service.ts";

/** The SDK module whose types this service answers to. Types only: it is not loaded here. */
type EcsSdk = typeof import("@aws-sdk/client-ecs");

export type EcsHandlers = Handlers<EcsSdk>;
export type EcsInput<Name extends string> = Input<EcsSdk, Name>;
