import type { Cloud } from "../../service.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import type { RepositoryRow } from "./state.ts";
import { mutabilityOutput } from "./tag-mutability.ts";

export function repositoryArn({ account, region }: Place, name: string): string {
  return `arn:aws:ecr:${region}:${account}:repository/${name}`;
}

/**
 * Where the repository can be pushed to: the cloud's own address, which every container tool finds and
 * takes for a plain-http registry. AWS's name, `{account}.dkr.ecr.{region}.amazonaws.com`, would send
 * a push to AWS.
 */
export function repositoryUri(cloud: Cloud, name: string): string {
  return `${new URL(cloud.endpointUrl()).host}/${name}`;
}

/** As the API shows a repository. */
export function repositoryOutput(cloud: Cloud, place: Place, row: RepositoryRow) {
  return {
    repositoryArn: repositoryArn(place, row.name),
    registryId: row.registryId,
    repositoryName: row.name,
    repositoryUri: repositoryUri(cloud, row.name),
    createdAt: new Date(row.createdAtMs),
    ...mutabilityOutput(row.tagMutability),
    imageScanningConfiguration: { scanOnPush: row.scanOnPush },
    encryptionConfiguration: { ...row.encryption },
  };
}
