import type { Handlers, Input } from "../../service.ts";

/** The SDK module whose types this service answers to. Types only: it is not loaded here. */
type CodeDeploySdk = typeof import("@aws-sdk/client-codedeploy");

export type CodeDeployHandlers = Handlers<CodeDeploySdk>;
export type CodeDeployInput<Name extends string> = Input<CodeDeploySdk, Name>;
