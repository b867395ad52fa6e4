import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Bus } from "./bus.ts";
import type { Clock } from "./clock.ts";
import type { HostNames } from "./data-plane/host-names.ts";
import type { Ports } from "./data-plane/ports.ts";
import type { TaskRuntime } from "./data-plane/tasks/task-runtime.ts";
import type { Authority } from "./iam-enforcement/authority.ts";
import type { Identities } from "./identity.ts";
import type { Random } from "./random.ts";
import type { Store } from "./storage/store.ts";
import type { LogStore } from "./telemetry/log-store.ts";
import type { MetricStore } from "./telemetry/metric-store.ts";
import type { Place } from "./telemetry/metric-sink.ts";

/** Everything a service may touch. Handed to its `create`. */
export interface Cloud {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store;
  readonly bus: Bus;
  readonly identities: Identities;
  /** Host names of users' own, which lead to a service's door. */
  readonly hostNames: HostNames;
  readonly metrics: MetricStore;
  readonly logs: LogStore;
  readonly options: CloudOptions;
  /** Decides on what services do in their roles, and on users' signed traffic. Undefined: nobody is checked. */
  readonly authority: Authority | undefined;
  /** The service behind a port, loaded when it is first asked for. */
  port<Name extends keyof Ports>(name: Name): Promise<Ports[Name]>;
  /** The cloud's own address, for endpoints given to functions: "http://127.0.0.1:4566". */
  endpointUrl(): string;
  /** Lets the cloud's port speak https as well, from now on. */
  serveTls(): void;
  /** Says one line on standard error; for what an operator of the cloud should know. */
  warn(message: string): void;
  /** Says one line of news to an operator: nothing is wrong. */
  notice(message: string): void;
}

export interface CloudOptions {
  /** The account of callers whose access key does not name another. Twelve digits. */
  readonly account: string;
  readonly region: string;
  /** Where scratch files (unpacked functions) go. Removed when the cloud stops. */
  readonly scratchDirectory: string;
  /** What runs containers. Left out: what this machine has. */
  readonly taskRuntime?: TaskRuntime | TaskRuntime["kind"] | undefined;
}

/** Who calls, read from the request's credentials. */
export interface Caller {
  readonly accessKeyId: string;
  /** "arn:aws:iam::000000000000:root", or a user's or session's ARN. */
  readonly arn: string;
  readonly userId: string;
  /** What a session was limited to when it was made: policies, as they were given. */
  readonly sessionPolicies?: readonly string[] | undefined;
  /** Tags that a session was given when it was made. */
  readonly sessionTags?: Readonly<Record<string, string>> | undefined;
}

/** One control-plane request. */
export interface RequestContext {
  readonly account: string;
  readonly region: string;
  readonly requestId: string;
  readonly operation: string;
  readonly caller: Caller;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** What a service tells of its own resources, for the decision whether somebody may do something with them. */
export interface ResourceFacts {
  /** The resource's own policy, as it was put. */
  policyOf?(arn: string): string | undefined;
  tagsOf?(arn: string): Readonly<Record<string, string>> | undefined;
  /** The ARN of what an input names by less: a role without its path, a secret without its random end. */
  arnOf?(place: Place, kind: string, name: string): string | undefined;
}

/** A loaded service. */
export interface Service {
  /** By operation name. What is missing answers 501 in the protocol's own form. */
  readonly handlers: Readonly<Record<string, AnyHandler>>;
  /** What it offers to other services. */
  readonly ports?: Partial<Ports>;
  /** What IAM's enforcement asks about its resources. */
  readonly facts?: ResourceFacts;
  /** Re-arms timers from stored state. Called once after `create`. */
  resume?(): void | Promise<void>;
  /** Serves a request that reached one of its doors (`data-plane/doors.ts`). */
  serve?(request: IncomingMessage, response: ServerResponse, door: DoorMatch): Promise<void>;
  /** Takes a request for a websocket that reached one of its doors. `head` is what the client has sent already. */
  upgrade?(
    request: IncomingMessage,
    client: { readonly socket: Duplex; readonly head: Buffer },
    door: DoorMatch,
  ): Promise<void>;
  /** Ends children and timers of its own. */
  close?(): Promise<void>;
}

/** How a data-plane request was recognised. */
export interface DoorMatch {
  /** "execute-api", "lambda-url", ... */
  readonly door: string;
  /** The resource named by host or path: an API id, a function URL id. */
  readonly id: string;
  /** From the host when it names one, otherwise the cloud's own. */
  readonly region: string;
  /** The path below the door, query string included; starts with "/". */
  readonly path: string;
}

// Handlers of different operations share one table: the wire layer decodes by schema, and each
// service's `index.ts` checks its own table against the SDK's types with `Handlers`.
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyHandler = (input: any, context: RequestContext) => unknown;

type OperationNames<Sdk> = {
  [Key in keyof Sdk]: Key extends `${infer Name}Command`
    ? Name extends "" | "$" | "__"
      ? never
      : Name
    : never;
}[keyof Sdk];

/** The decoded input of operation `Name` in the SDK module `Sdk`. */
export type Input<Sdk, Name extends string> =
  Sdk extends Record<`${Name}Command`, new (input: never) => { readonly input: infer Shape }>
    ? Shape
    : never;

/** What a handler of operation `Name` returns, without the SDK's own metadata. */
export type Output<Sdk, Name extends string> =
  Sdk extends Record<`${Name}Command`, new (input: never) => Runnable<infer Run>>
    ? Run extends (...input: never) => Promise<{ output: infer Shape }>
      ? Omit<Shape & object, "$metadata">
      : never
    : never;

/** The one public place where a command class says its output type. */
interface Runnable<Run> {
  resolveMiddleware(stack: never, configuration: never, options?: never): Run;
}

/** One AWS operation: typed from the SDK, no casts. */
export type Handler<Sdk, Name extends string> = (
  input: Input<Sdk, Name>,
  context: RequestContext,
) => Output<Sdk, Name> | Promise<Output<Sdk, Name>>;

/** A service's table of operations: `satisfies Handlers<typeof import("@aws-sdk/client-lambda")>`. */
export type Handlers<Sdk> = {
  readonly [Name in Extract<OperationNames<Sdk>, string>]?: Handler<Sdk, Name>;
};
