import { createHash } from "node:crypto";
import { dirname } from "node:path";
import type { Session } from "../../identity.ts";
import type { WorkerCloud } from "./worker-cloud.ts";
import type { FunctionVersion } from "./function-workers.ts";

/** How long a worker's credentials last; a worker is replaced before they end. Ours. */
const CREDENTIALS_LAST_MS = 12 * 3600 * 1000;

/** Credentials of the function's role, as if Lambda had assumed it. A session for each new worker. */
export function roleCredentials(cloud: WorkerCloud, version: FunctionVersion): Session {
  const roleName = version.roleArn.slice(version.roleArn.lastIndexOf("/") + 1);
  const account = version.roleArn.split(":")[4] || version.account;
  // The role's own id is IAM's business; one made from its ARN is as stable.
  const roleId = createHash("sha256").update(version.roleArn).digest("hex").slice(0, 16);
  return cloud.identities.issue({
    account,
    arn: `arn:aws:sts::${account}:assumed-role/${roleName}/${version.functionName}`,
    userId: `AROA${roleId.toUpperCase()}:${version.functionName}`,
    expiresAtMs: cloud.clock.nowMs() + CREDENTIALS_LAST_MS,
  });
}

export interface WorkerPlace {
  /**
   * The unpacked function. On AWS this is /var/task; a process that is no container cannot have that
   * path, so LAMBDA_TASK_ROOT and the working directory name the real one, and error documents say /var/task.
   */
  readonly taskRoot: string;
  /** Where Node functions find the AWS SDK. */
  readonly nodeModules: string;
  /** The interpreter, or the bootstrap itself: its folder leads the PATH. */
  readonly executable: string;
  /** "127.0.0.1:41234"; only custom runtimes have someone listening there. */
  readonly runtimeApi: string;
  readonly logStream: string;
  readonly isProvisioned: boolean;
}

/**
 * Every variable that a worker process starts with, and no other: nothing of the cloud's own environment.
 * The function's own variables win over those that AWS does not reserve.
 * Source: recorded AWS answers (LocalStack snapshots test_introspection_invoke).
 */
export function workerEnvironment(
  cloud: WorkerCloud,
  version: FunctionVersion,
  credentials: Session,
  place: WorkerPlace,
): Record<string, string> {
  return {
    ...overridable(cloud, version, place),
    ...version.environment,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_REGION: version.region,
    AWS_DEFAULT_REGION: version.region,
    AWS_LAMBDA_FUNCTION_NAME: version.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: version.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(version.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: place.isProvisioned ? "provisioned-concurrency" : "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: version.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: place.logStream,
    AWS_LAMBDA_RUNTIME_API: place.runtimeApi,
    LAMBDA_RUNTIME_DIR: "/var/runtime",
    LAMBDA_TASK_ROOT: place.taskRoot,
    PWD: place.taskRoot,
    TZ: ":UTC",
    _HANDLER: version.handler,
    ...(isManaged(version.runtime) && {
      AWS_EXECUTION_ENV: `AWS_Lambda_${version.runtime}`,
      SHLVL: "0",
    }),
  };
}

function overridable(
  cloud: WorkerCloud,
  version: FunctionVersion,
  place: WorkerPlace,
): Record<string, string> {
  const { taskRoot } = place;
  const xray = "127.0.0.1";
  return {
    // Ours: on AWS nothing needs to be told where AWS is.
    AWS_ENDPOINT_URL: cloud.endpointUrl(),
    AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
    AWS_XRAY_DAEMON_ADDRESS: `${xray}:2000`,
    _AWS_XRAY_DAEMON_ADDRESS: xray,
    _AWS_XRAY_DAEMON_PORT: "2000",
    LANG: "en_US.UTF-8",
    LD_LIBRARY_PATH: `/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:${taskRoot}:${taskRoot}/lib:/opt/lib`,
    PATH: `${dirname(place.executable)}:/usr/local/bin:/usr/bin/:/bin:/opt/bin`,
    ...(version.runtime.startsWith("python") && { PYTHONPATH: "/var/runtime" }),
    ...(version.runtime.startsWith("nodejs") && { NODE_PATH: nodePath(version.runtime, place) }),
  };
}

function nodePath(runtime: string, place: WorkerPlace): string {
  const major = /\d+/.exec(runtime)?.[0] ?? "";
  return [
    `/opt/nodejs/node${major}/node_modules`,
    "/opt/nodejs/node_modules",
    place.nodeModules,
    dirname(place.nodeModules),
    place.taskRoot,
  ].join(":");
}

function isManaged(runtime: string): boolean {
  return !runtime.startsWith("provided");
}

/** Where the wrapper script of a managed runtime may be named. Source: AWS docs, runtimes-modify. */
export function wrapperOf(version: FunctionVersion, taskRoot: string): readonly string[] {
  const wrapper = version.environment["AWS_LAMBDA_EXEC_WRAPPER"];
  if (wrapper === undefined || wrapper === "") return [];
  return [wrapper.replace(/^\/var\/task(?=\/)/, () => taskRoot)];
}
