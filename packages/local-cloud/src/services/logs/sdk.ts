import type { Handlers, Input } from "../../service.ts";

/** The SDK module whose types this service answers to. Types only: it is not loaded here. */
type LogsSdk = typeof import("@aws-sdk/client-cloudwatch-logs");

export type LogsHandlers = Handlers<LogsSdk>;
export type LogsInput<Name extends string> = Input<LogsSdk, Name>;
