import type {
  ApplicationLogLevel,
  Architecture,
  LogFormat,
  Runtime,
  SnapStartApplyOn,
  SystemLogLevel,
  TracingMode,
} from "@aws-sdk/client-lambda";
import type { Code } from "./deployment-package.ts";
import { requireEnvironment } from "./environment.ts";
import { constraintBroken, invalidParameter } from "./errors.ts";
import {
  EPHEMERAL_STORAGE_DEFAULT_MB,
  MEMORY_DEFAULT_MB,
  MEMORY_MAX_MB,
  TIMEOUT_DEFAULT_SECONDS,
  TIMEOUT_MAX_SECONDS,
} from "./limits.ts";
import { requireRuntime } from "./runtimes.ts";
import type { LambdaInput } from "./sdk.ts";

/** The code and settings of a version: what PublishVersion freezes. */
export interface Configuration {
  readonly code: Code;
  readonly runtime: Runtime;
  readonly handler: string;
  readonly roleArn: string;
  readonly description: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly ephemeralStorageMb: number;
  /** Undefined when it was never set: AWS then leaves `Environment` out. */
  readonly environment: Readonly<Record<string, string>> | undefined;
  readonly architectures: readonly Architecture[];
  readonly deadLetterArn: string | undefined;
  readonly tracingMode: TracingMode;
  readonly snapStart: SnapStartApplyOn;
  readonly kmsKeyArn: string | undefined;
  /** Kept and shown; functions run on this machine's network. */
  readonly vpc:
    | { readonly subnetIds: readonly string[]; readonly securityGroupIds: readonly string[] }
    | undefined;
  readonly logging: Logging;
}

interface Logging {
  readonly format: LogFormat;
  readonly group: string;
  /** Levels exist for JSON only. */
  readonly applicationLevel: ApplicationLogLevel | undefined;
  readonly systemLevel: SystemLogLevel | undefined;
}

/** The settings that CreateFunction and UpdateFunctionConfiguration have in common. */
type Changes = Omit<LambdaInput<"UpdateFunctionConfiguration">, "FunctionName" | "RevisionId">;

/** @throws AWS's errors for settings that are missing or cannot be. */
export function newConfiguration(
  input: LambdaInput<"CreateFunction">,
  name: string,
  code: Code,
): Configuration {
  if (input.Runtime === undefined || input.Handler === undefined) {
    throw invalidParameter(
      "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
    );
  }
  const defaults: Configuration = {
    code,
    runtime: input.Runtime,
    handler: input.Handler,
    roleArn: input.Role ?? "",
    description: "",
    timeoutSeconds: TIMEOUT_DEFAULT_SECONDS,
    memoryMb: MEMORY_DEFAULT_MB,
    ephemeralStorageMb: EPHEMERAL_STORAGE_DEFAULT_MB,
    environment: undefined,
    architectures: input.Architectures ?? ["x86_64"],
    deadLetterArn: undefined,
    tracingMode: "PassThrough",
    snapStart: "None",
    kmsKeyArn: undefined,
    vpc: undefined,
    logging: {
      format: "Text",
      group: `/aws/lambda/${name}`,
      applicationLevel: undefined,
      systemLevel: undefined,
    },
  };
  return changedConfiguration(defaults, input);
}

/** `current` with what `changes` names. @throws AWS's errors, and then nothing has changed. */
export function changedConfiguration(current: Configuration, changes: Changes): Configuration {
  refuseUnsupported(changes);
  if (changes.Runtime !== undefined) requireRuntime(changes.Runtime);
  if (changes.Timeout !== undefined) requireAtMost(changes.Timeout, "timeout", TIMEOUT_MAX_SECONDS);
  if (changes.MemorySize !== undefined) {
    requireAtMost(changes.MemorySize, "memorySize", MEMORY_MAX_MB);
  }
  const environment = changes.Environment?.Variables;
  if (environment !== undefined) requireEnvironment(environment);
  return {
    ...current,
    runtime: changes.Runtime ?? current.runtime,
    handler: changes.Handler ?? current.handler,
    roleArn: changes.Role ?? current.roleArn,
    description: changes.Description ?? current.description,
    timeoutSeconds: changes.Timeout ?? current.timeoutSeconds,
    memoryMb: changes.MemorySize ?? current.memoryMb,
    ephemeralStorageMb: changes.EphemeralStorage?.Size ?? current.ephemeralStorageMb,
    environment: changes.Environment === undefined ? current.environment : (environment ?? {}),
    deadLetterArn: changedDeadLetter(current, changes),
    tracingMode: changes.TracingConfig?.Mode ?? current.tracingMode,
    snapStart: changes.SnapStart?.ApplyOn ?? current.snapStart,
    kmsKeyArn: (changes.KMSKeyArn ?? current.kmsKeyArn) || undefined,
    vpc: changedVpc(current, changes),
    logging: changedLogging(current.logging, changes.LoggingConfig),
  };
}

/** An empty ARN takes the queue away. */
function changedDeadLetter(current: Configuration, changes: Changes): string | undefined {
  if (changes.DeadLetterConfig === undefined) return current.deadLetterArn;
  const arn = changes.DeadLetterConfig.TargetArn;
  if (arn === undefined || arn === "") return undefined;
  if (!/^arn:aws[a-z-]*:(sqs|sns):/.test(arn)) {
    // Unverified: AWS's text.
    throw invalidParameter(`The provided dead letter target ARN ${arn} is invalid.`);
  }
  return arn;
}

function changedVpc(current: Configuration, changes: Changes): Configuration["vpc"] {
  if (changes.VpcConfig === undefined) return current.vpc;
  const { SubnetIds: subnetIds = [], SecurityGroupIds: securityGroupIds = [] } = changes.VpcConfig;
  return subnetIds.length === 0 ? undefined : { subnetIds, securityGroupIds };
}

function changedLogging(current: Logging, changes: Changes["LoggingConfig"]): Logging {
  if (changes === undefined) return current;
  const format = changes.LogFormat ?? current.format;
  const group = changes.LogGroup ?? current.group;
  if (format === "JSON") {
    return {
      format,
      group,
      applicationLevel: changes.ApplicationLogLevel ?? current.applicationLevel ?? "INFO",
      systemLevel: changes.SystemLogLevel ?? current.systemLevel ?? "INFO",
    };
  }
  if (changes.ApplicationLogLevel !== undefined || changes.SystemLogLevel !== undefined) {
    throw invalidParameter(
      "To set ApplicationLogLevel or SystemLogLevel, LogFormat must be set to JSON.",
    );
  }
  return { format, group, applicationLevel: undefined, systemLevel: undefined };
}

function requireAtMost(value: number, member: string, limit: number): void {
  if (value <= limit) return;
  throw constraintBroken(
    String(value),
    member,
    `Member must have value less than or equal to ${limit}`,
  );
}

/** What would change how a function runs and is not built is refused, not ignored. */
function refuseUnsupported(changes: Changes): void {
  const unsupported = {
    Layers: changes.Layers?.length,
    FileSystemConfigs: changes.FileSystemConfigs?.length,
    ImageConfig: changes.ImageConfig,
    CapacityProviderConfig: changes.CapacityProviderConfig,
    DurableConfig: changes.DurableConfig,
  };
  for (const [member, value] of Object.entries(unsupported)) {
    if (value) throw invalidParameter(`This local cloud does not support ${member} yet.`);
  }
}
