import type { Handlers, Input } from "../../service.ts";

/** The SDK module whose types this service answers to. Types only: it is not loaded here. */
type SecretsManagerSdk = typeof import("@aws-sdk/client-secrets-manager");

export type SecretsManagerHandlers = Handlers<SecretsManagerSdk>;
export type SecretsManagerInput<Name extends string> = Input<SecretsManagerSdk, Name>;
