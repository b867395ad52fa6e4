import type { Handlers, Input } from "../../service.ts";

/** The SDK module whose types this service answers to. Types only: it is not loaded here. */
type EventsSdk = typeof import("@aws-sdk/client-eventbridge");

export type EventsHandlers = Handlers<EventsSdk>;
export type EventsInput<Name extends string> = Input<EventsSdk, Name>;
