import { RolloutError, type RolloutSpec } from "@headgate/core";
import {
  type AwsClients,
  awsClients,
  type Clock,
  type Random,
  systemClock,
  systemRandom,
  type RolloutDrivers,
} from "@headgate/drivers";
import type { Globals } from "../command.ts";
import { driversFor } from "./drivers-for.ts";

/** A connection to AWS, or to what `--endpoint-url` names in its place. */
export interface AwsSession {
  readonly clients: AwsClients;
  readonly clock: Clock;
  readonly random: Random;
  /** Where the local cloud answers; undefined on AWS and elsewhere. */
  readonly localUrl: string | undefined;
  /** The drivers of one spec. Its relative paths start at the spec's own folder. */
  drivers(spec: RolloutSpec, specFile: string | undefined): RolloutDrivers;
  close(): void;
}

/** What is on this machine may be busy, but it is there: taking it for AWS would be worse than waiting. */
const LOOPBACK_PROBE_MS = 15_000;
/** Elsewhere it is hardly ever a local cloud, and AWS's own addresses do not answer this at all. */
const REMOTE_PROBE_MS = 1000;
/** Any credentials will do for a local cloud, and without some the SDK looks for them for seconds. */
const LOCAL_CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" };

/**
 * Makes no AWS call.
 * @throws {RolloutError} USAGE, AWS_UNREACHABLE: an endpoint that cannot be.
 */
export async function openAwsSession(globals: Globals): Promise<AwsSession> {
  const endpointUrl = endpointOf(globals);
  const isLocal = endpointUrl !== undefined && (await isLocalCloud(endpointUrl));
  const region = regionOf(globals) ?? (isLocal ? "us-east-1" : undefined);
  const clients = awsClients({
    ...(endpointUrl === undefined ? {} : { endpointUrl }),
    ...(region === undefined ? {} : { region }),
    ...(globals.profile === undefined ? {} : { profile: globals.profile }),
    ...(isLocal && !hasCredentials(globals) ? { credentials: LOCAL_CREDENTIALS } : {}),
  });
  const clock = systemClock();
  const random = systemRandom();
  return {
    clients,
    clock,
    random,
    localUrl: isLocal ? endpointUrl : undefined,
    drivers: (spec, specFile) => driversFor(spec, specFile, { clients, clock, random, isLocal }),
    close: () => clients.close(),
  };
}

/**
 * Whether a Headgate local cloud answers there. AWS and other emulators do not know the route.
 * @throws {RolloutError} AWS_UNREACHABLE when nothing listens, which every later call would find out slowly.
 */
async function isLocalCloud(endpointUrl: string): Promise<boolean> {
  const address = new URL("/_headgate/health", endpointUrl);
  const timeoutMs = isLoopback(address.hostname) ? LOOPBACK_PROBE_MS : REMOTE_PROBE_MS;
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(timeoutMs) });
    const health: unknown = await response.json();
    return typeof health === "object" && health !== null && "clock" in health;
  } catch (error) {
    const code = networkCodeOf(error);
    if (code !== undefined && NOBODY_THERE.has(code)) {
      throw new RolloutError("AWS_UNREACHABLE", `nothing answers at ${endpointUrl} (${code})`, {
        hint: "Start `headgate local start`, or look at --endpoint-url and AWS_ENDPOINT_URL.",
        cause: error,
      });
    }
    // Slow, or not JSON: somebody else. The first AWS call will tell who.
    return false;
  }
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}

const NOBODY_THERE: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH"]);

/** `fetch` hides the reason in the cause of its TypeError. */
function networkCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  return networkCodeOf(error instanceof AggregateError ? error.errors[0] : error.cause);
}

/** @throws {RolloutError} USAGE when it is no http address. */
function endpointOf({ endpointUrl }: Globals): string | undefined {
  const given = endpointUrl ?? process.env["AWS_ENDPOINT_URL"];
  if (given === undefined || given === "") return undefined;
  if (/^https?:$/.test(URL.parse(given)?.protocol ?? "")) return given;
  const source = endpointUrl === undefined ? "AWS_ENDPOINT_URL" : "--endpoint-url";
  throw new RolloutError("USAGE", `${source} is "${given}"; it must be an http or https address`, {
    hint: "For example http://127.0.0.1:4566.",
  });
}

/** The SDK reads AWS_REGION and its profiles; the aws command line's AWS_DEFAULT_REGION it does not know. */
function regionOf({ region }: Globals): string | undefined {
  const named = [region, process.env["AWS_REGION"], process.env["AWS_DEFAULT_REGION"]];
  return named.find((name) => name !== undefined && name !== "");
}

function hasCredentials({ profile }: Globals): boolean {
  return (
    profile !== undefined ||
    ["AWS_ACCESS_KEY_ID", "AWS_PROFILE"].some((name) => (process.env[name] ?? "") !== "")
  );
}
