import type { Handlers, Input } from "../../service.ts";

/** The SDK module whose types this service answers to. Types only: it is not loaded here. */
type VpcLatticeSdk = typeof import("@aws-sdk/client-vpc-lattice");

export type LatticeHandlers = Handlers<VpcLatticeSdk>;
export type LatticeInput<Name extends string> = Input<VpcLatticeSdk, Name>;
