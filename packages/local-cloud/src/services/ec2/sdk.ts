import type { Handlers, Input } from "../../service.ts";

/** The SDK module whose types this service answers to. Types only: it is not loaded here. */
type Ec2Sdk = typeof import("@aws-sdk/client-ec2");

export type Ec2Handlers = Handlers<Ec2Sdk>;
export type Ec2Input<Name extends string> = Input<Ec2Sdk, Name>;
