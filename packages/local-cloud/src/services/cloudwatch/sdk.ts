import type { Handler } from "../../service.ts";

/** Types only: the SDK is never loaded here at run time. */
export type Sdk = typeof import("@aws-sdk/client-cloudwatch");

/** The handler of one CloudWatch operation. */
export type Operation<Name extends string> = Handler<Sdk, Name>;
