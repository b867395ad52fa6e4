import type { Handlers } from "../../service.ts";

/** The operations of API Gateway, typed by the SDK. Types only: it is not loaded here. */
export type ApiGatewayHandlers = Handlers<typeof import("@aws-sdk/client-api-gateway")>;
