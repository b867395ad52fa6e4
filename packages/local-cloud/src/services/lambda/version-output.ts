import type {
  FunctionConfiguration,
  LastUpdateStatusReasonCode,
  StateReasonCode,
} from "@aws-sdk/client-lambda";
import type { Place } from "../../telemetry/metric-sink.ts";
import { isoWithOffset } from "../dates.ts";
import { functionArn, LATEST } from "./function-name.ts";
import { runtimeVersionArn } from "./runtimes.ts";
import type { VersionRow } from "./state.ts";

/**
 * A version as the API shows it.
 *
 * @param qualifier what the ARN ends in: an alias, a version, or undefined for the unqualified ARN.
 */
export function versionOutput(
  place: Place,
  row: VersionRow,
  qualifier: string | undefined,
): FunctionConfiguration {
  const { state, lastUpdate } = row;
  return {
    ...listedVersion(place, row, qualifier),
    State: state.status,

    StateReason: state.reason,
    StateReasonCode: state.reasonCode as StateReasonCode | undefined,
    LastUpdateStatus: lastUpdate?.status,
    LastUpdateStatusReason: lastUpdate?.reason,
    LastUpdateStatusReasonCode: lastUpdate?.reasonCode as LastUpdateStatusReasonCode | undefined,
    RuntimeVersionConfig: {
      RuntimeVersionArn: runtimeVersionArn(place.region, row.configuration.runtime),
    },
  };
}

/** A version as lists show it: without states. Source: recorded AWS answer (ListVersionsByFunction). */
export function listedVersion(
  place: Place,
  row: VersionRow,
  qualifier: string | undefined,
): FunctionConfiguration {
  const { configuration, functionName, version } = row;
  const { logging, vpc, deadLetterArn, environment } = configuration;
  return {
    FunctionName: functionName,
    FunctionArn: functionArn(place, functionName, qualifier),
    Runtime: configuration.runtime,
    Role: configuration.roleArn,
    Handler: configuration.handler,
    CodeSize: configuration.code.sizeBytes,
    CodeSha256: configuration.code.sha256Base64,
    Description: configuration.description,
    Timeout: configuration.timeoutSeconds,
    MemorySize: configuration.memoryMb,
    LastModified: isoWithOffset(row.lastModifiedMs),
    Version: version,
    TracingConfig: { Mode: configuration.tracingMode },
    RevisionId: row.revisionId,
    PackageType: "Zip",
    Architectures: [...configuration.architectures],
    EphemeralStorage: { Size: configuration.ephemeralStorageMb },
    SnapStart: {
      ApplyOn: configuration.snapStart,
      OptimizationStatus:
        configuration.snapStart === "PublishedVersions" && version !== LATEST ? "On" : "Off",
    },
    LoggingConfig: {
      LogFormat: logging.format,
      LogGroup: logging.group,

      ApplicationLogLevel: logging.applicationLevel,
      SystemLogLevel: logging.systemLevel,
    },

    Environment: environment && { Variables: { ...environment } },
    DeadLetterConfig: deadLetterArn === undefined ? undefined : { TargetArn: deadLetterArn },
    KMSKeyArn: configuration.kmsKeyArn,
    VpcConfig: vpc && {
      SubnetIds: [...vpc.subnetIds],
      SecurityGroupIds: [...vpc.securityGroupIds],
      VpcId: "",
    },
  };
}
