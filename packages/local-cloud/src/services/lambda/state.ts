import type { Cloud } from "../../service.ts";
import { perPlace } from "../../storage/per-place.ts";
import type { Table } from "../../storage/store.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import type { Configuration } from "./configuration.ts";
import { functionNotFound } from "./errors.ts";
import { functionArn, LATEST } from "./function-name.ts";

/** A function as a whole: what its versions and aliases share. */
export interface FunctionRow {
  readonly name: string;
  /** Published version numbers that exist, ascending. */
  readonly versions: readonly string[];
  /** Alias names, sorted. */
  readonly aliases: readonly string[];
  /** Never goes down: a number is not used again after its version was deleted. */
  readonly nextVersion: number;
  /** What the newest version was published from; see `fingerprint` in `operations/versions.ts`. */
  readonly lastPublished: { readonly version: string; readonly fingerprint: string } | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly reservedConcurrency: number | undefined;
  readonly recursiveLoop: "Allow" | "Terminate";
}

/** AWS's `State` or `LastUpdateStatus`, with its reason. */
interface Status<Name extends string> {
  readonly status: Name;
  readonly reason?: string | undefined;
  readonly reasonCode?: string | undefined;
}

/** $LATEST or a published version. */
export interface VersionRow {
  readonly functionName: string;
  /** "$LATEST" or "3". */
  readonly version: string;
  /** What the API shows. */
  readonly configuration: Configuration;
  /**
   * What invocations run: the last configuration whose preparation is done. Undefined until the first
   * one is. `key` names its workers and changes with it.
   */
  readonly serving: { readonly key: string; readonly configuration: Configuration } | undefined;
  /** Set while `configuration` is being made ready to serve under the new `key`. */
  readonly preparing: { readonly key: string; readonly startedAtMs: number } | undefined;
  readonly state: Status<"Pending" | "Active" | "Failed">;
  readonly lastUpdate: Status<"InProgress" | "Successful" | "Failed"> | undefined;
  readonly revisionId: string;
  readonly lastModifiedMs: number;
}

export interface AliasRow {
  readonly functionName: string;
  readonly name: string;
  readonly description: string;
  readonly functionVersion: string;
  /** The second version and its share, 0 to 1. Undefined: all traffic goes to `functionVersion`. */
  readonly additional: { readonly version: string; readonly weight: number } | undefined;
  readonly revisionId: string;
}

/** One statement of a resource policy, as AWS writes it. */
export interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Principal: "*" | { readonly Service: string } | { readonly AWS: string };
  readonly Action: string;
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
}

/** The policy of a function ($LATEST), of one version or of one alias. */
export interface PolicyRow {
  readonly revisionId: string;
  readonly statements: readonly Statement[];
}

export interface FunctionUrlRow {
  readonly urlId: string;
  readonly functionName: string;
  /** An alias, or undefined for the function itself. */
  readonly alias: string | undefined;
  readonly authType: "NONE" | "AWS_IAM";
  readonly cors: CorsRow | undefined;
  readonly invokeMode: "BUFFERED" | "RESPONSE_STREAM";
  readonly createdAtMs: number;
  readonly lastModifiedMs: number;
}

export interface CorsRow {
  readonly AllowCredentials?: boolean | undefined;
  readonly AllowHeaders?: string[] | undefined;
  readonly AllowMethods?: string[] | undefined;
  readonly AllowOrigins?: string[] | undefined;
  readonly ExposeHeaders?: string[] | undefined;
  readonly MaxAge?: number | undefined;
}

export interface EventInvokeConfigRow {
  readonly functionName: string;
  readonly qualifier: string;
  readonly maximumRetryAttempts: number | undefined;
  readonly maximumEventAgeSeconds: number | undefined;
  readonly onSuccess: string | undefined;
  readonly onFailure: string | undefined;
  readonly lastModifiedMs: number;
}

export interface ProvisionedRow {
  readonly functionName: string;
  /** A version or an alias. */
  readonly qualifier: string;
  readonly requested: number;
  /** The workers that are up; of another version or number while a change is made ready. */
  readonly ready: { readonly version: string; readonly count: number } | undefined;
  readonly failure: string | undefined;
  readonly lastModifiedMs: number;
}

/** An asynchronous invocation that has not ended. */
export interface AsyncEventRow {
  readonly id: string;
  readonly functionName: string;
  readonly qualifier: string | undefined;
  readonly payload: Uint8Array;
  readonly clientContext: string | undefined;
  readonly traceId: string | undefined;
  readonly queuedAtMs: number;
  /** When it is tried next. */
  readonly dueAtMs: number;
  /** Attempts in which the function ran and failed. */
  readonly failures: number;
  /** Attempts since then that were throttled. */
  readonly throttles: number;
}

/** The tables of one account in one region. Keys are `name` or `name:qualifier`. */
export interface PlaceState {
  readonly place: Place;
  readonly functions: Table<FunctionRow>;
  readonly versions: Table<VersionRow>;
  readonly aliases: Table<AliasRow>;
  readonly policies: Table<PolicyRow>;
  readonly urls: Table<FunctionUrlRow>;
  readonly eventInvokeConfigs: Table<EventInvokeConfigRow>;
  readonly provisioned: Table<ProvisionedRow>;
  readonly asyncEvents: Table<AsyncEventRow>;
}

export interface LambdaState {
  in(place: Place): PlaceState;
  /** Every account and region that has stored rows. */
  places(): PlaceState[];
}

const SERVICE = "lambda";

export function createLambdaState(cloud: Pick<Cloud, "store">): LambdaState {
  const open = perPlace((place) => tablesOf(cloud, place));
  return { in: open, places: () => cloud.store.scopes(SERVICE).map(open) };
}

function tablesOf({ store }: Pick<Cloud, "store">, place: Place): PlaceState {
  const scope = { ...place, service: SERVICE };
  return {
    place,
    functions: store.table(scope, "functions"),
    versions: store.table(scope, "versions"),
    aliases: store.table(scope, "aliases"),
    policies: store.table(scope, "policies"),
    urls: store.table(scope, "function-urls"),
    eventInvokeConfigs: store.table(scope, "event-invoke-configs"),
    provisioned: store.table(scope, "provisioned-concurrency"),
    asyncEvents: store.table(scope, "async-events"),
  };
}

/** The key of a version, an alias, or what belongs to one of them or to the function ($LATEST). */
export function keyOf(name: string, qualifier: string = LATEST): string {
  return `${name}:${qualifier}`;
}

/** @throws ResourceNotFoundException that names the unqualified function. */
export function requireFunction(state: PlaceState, name: string): FunctionRow {
  const found = state.functions.get(name);
  if (found === undefined) throw functionNotFound(functionArn(state.place, name));
  return found;
}

/** Every stored function has its $LATEST. */
export function latestOf(state: PlaceState, name: string): VersionRow {
  const latest = state.versions.get(keyOf(name));
  if (latest === undefined) throw new Error(`function ${name} has no ${LATEST}`);
  return latest;
}

/** $LATEST first, then the published versions in ascending order. */
export function versionsOf(state: PlaceState, row: FunctionRow): VersionRow[] {
  return [LATEST, ...row.versions].flatMap((version) => {
    const found = state.versions.get(keyOf(row.name, version));
    return found === undefined ? [] : [found];
  });
}

/** Rows of `table` that belong to the function itself, to one of its versions or to one of its aliases. */
export function rowsOf<Row>(table: Table<Row>, row: FunctionRow): [string, Row][] {
  return [LATEST, ...row.versions, ...row.aliases].flatMap((qualifier) => {
    const found = table.get(keyOf(row.name, qualifier));
    return found === undefined ? [] : [[qualifier, found] as [string, Row]];
  });
}
