import type { Handlers, Input } from "../../service.ts";

/** The SDK module whose types this service answers to. Types only: it is not loaded here. */
type IamSdk = typeof import("@aws-sdk/client-iam");

export type IamHandlers = Handlers<IamSdk>;
export type IamInput<Name extends string> = Input<IamSdk, Name>;
