import type { Handlers } from "../../service.ts";

/** The operations of STS, typed by the SDK. Types only: it is not loaded here. */
export type StsHandlers = Handlers<typeof import("@aws-sdk/client-sts")>;
