import type { ContainerDefinition, ContainerOverride } from "@aws-sdk/client-ecs";
import { createHash } from "node:crypto";
import type { TaskRuntime } from "../../../data-plane/tasks/task-runtime.ts";
import type { Cloud } from "../../../service.ts";
import type { PlaceState, TaskRow } from "../state.ts";
import type { ExecutionRole } from "./execution-role.ts";
import { environmentFileOutside, parameterMissing, secretMissing } from "./failure.ts";
import { metadataPath } from "./metadata.ts";

/** How long a task's credentials last: as long as any task here. Ours; AWS renews them on the way. */
const CREDENTIALS_LAST_MS = 365 * 24 * 3_600_000;

/**
 * Fargate has no instance whose role a task without one could take; this machine may be one, of a cloud.
 * Source: AWS SDKs and Tools Reference Guide, "IMDS credential provider".
 */
const NO_CREDENTIALS = { AWS_EC2_METADATA_DISABLED: "true" };

export interface ContainerPlan {
  readonly definition: ContainerDefinition;
  readonly override: ContainerOverride | undefined;
}

/**
 * The variables of a container, over those of its image: what ECS gives to every one, then the definition's own,
 * its secrets, and what RunTask changed.
 *
 * AWS hands credentials out at 169.254.170.2, an address that this machine does not have: they are variables here,
 * as functions get theirs. AWS_ENDPOINT_URL is ours: on AWS nothing needs to be told where AWS is.
 *
 * @throws {TaskFailure} when a secret or a parameter is missing, or the execution role may not read it.
 */
export async function containerEnvironment(
  cloud: Cloud,
  state: PlaceState,
  task: TaskRow,
  { definition, override }: ContainerPlan,
  parts: {
    readonly runtime: TaskRuntime;
    readonly taskRoleArn: string | undefined;
    readonly role: ExecutionRole;
  },
): Promise<Record<string, string>> {
  const [file] = definition.environmentFiles ?? [];
  if (file !== undefined) throw environmentFileOutside(file.value ?? "");
  const endpoint = parts.runtime.endpointFor(cloud.endpointUrl());
  const name = definition.name ?? "";
  return {
    AWS_REGION: state.place.region,
    AWS_DEFAULT_REGION: state.place.region,
    AWS_EXECUTION_ENV: "AWS_ECS_FARGATE",
    AWS_ENDPOINT_URL: endpoint,
    ECS_CONTAINER_METADATA_URI_V4: `${endpoint}${metadataPath(state.place, task, name)}`,
    ...(parts.taskRoleArn === undefined
      ? NO_CREDENTIALS
      : credentials(cloud, state, task, parts.taskRoleArn)),
    ...pairs(definition.environment),
    ...(await secretsOf(cloud, state, definition, parts.role)),
    ...pairs(override?.environment),
  };
}

function pairs(
  list: readonly { name?: string | undefined; value?: string | undefined }[] | undefined,
): Record<string, string> {
  return Object.fromEntries((list ?? []).map(({ name, value }) => [name ?? "", value ?? ""]));
}

async function secretsOf(
  cloud: Cloud,
  { place }: PlaceState,
  { secrets = [] }: ContainerDefinition,
  role: ExecutionRole,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { name = "", valueFrom = "" } of secrets) {
    await role.requireSecret(valueFrom);
    if (/^arn:[^:]*:secretsmanager:/.test(valueFrom)) {
      const value = (await cloud.port("secrets")).value(place, valueFrom);
      if (value === undefined) throw secretMissing(valueFrom);
      found[name] = value;
    } else {
      const value = (await cloud.port("parameters")).value(place, valueFrom);
      if (value === undefined) throw parameterMissing(valueFrom);
      found[name] = value;
    }
  }
  return found;
}

function credentials(
  cloud: Cloud,
  { place }: PlaceState,
  task: TaskRow,
  roleArn: string,
): Record<string, string> {
  const roleName = roleArn.slice(roleArn.lastIndexOf("/") + 1);
  const account = roleArn.split(":")[4] || place.account;
  const roleId = createHash("sha256").update(roleArn).digest("hex").slice(0, 16).toUpperCase();
  const session = cloud.identities.issue({
    account,
    arn: `arn:aws:sts::${account}:assumed-role/${roleName}/${task.id}`,
    userId: `AROA${roleId}:${task.id}`,
    expiresAtMs: cloud.clock.nowMs() + CREDENTIALS_LAST_MS,
  });
  return {
    AWS_ACCESS_KEY_ID: session.accessKeyId,
    AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
    AWS_SESSION_TOKEN: session.sessionToken,
  };
}
