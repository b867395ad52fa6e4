import type {
  ContainerDefinition,
  RegisterTaskDefinitionCommandInput,
  Tag,
  TaskDefinition,
} from "@aws-sdk/client-ecs";
import { RolloutError, type VersionId } from "@headgate/core";
import { isAwsException } from "../../aws/errors.ts";
import type { EcsCalls } from "./calls.ts";
import { versionOf } from "./service.ts";

/** What a new version is made from. */
export type EcsRevision =
  | {
      readonly kind: "image";
      readonly image: string;
      /** All of the container's variables from now on; as they are when not given. */
      readonly environment?: Readonly<Record<string, string>> | undefined;
    }
  /** "family:revision" or an ARN. */
  | { readonly kind: "taskDefinition"; readonly taskDefinition: string };

export interface Registered {
  readonly definition: TaskDefinition;
  readonly tags: readonly Tag[];
}

/** @throws {RolloutError} REVISION_NOT_FOUND */
export async function readTaskDefinition(
  { ecs }: EcsCalls,
  taskDefinition: string,
): Promise<Registered> {
  const found = await ecs(
    "DescribeTaskDefinition",
    `task definition ${taskDefinition}`,
    async (client, options) =>
      client.describeTaskDefinition({ taskDefinition, include: ["TAGS"] }, options),
  ).catch((error: unknown) => {
    // "Unable to describe task definition."; ECS has no exception of its own for it.
    if (!isAwsException(error, "ClientException")) throw error;
    throw new RolloutError("REVISION_NOT_FOUND", `there is no task definition ${taskDefinition}`, {
      hint: `aws ecs list-task-definitions --family-prefix ${versionOf(taskDefinition).split(":")[0]}`,
      cause: error,
    });
  });
  return { definition: found.taskDefinition ?? {}, tags: found.tags ?? [] };
}

/** @throws {RolloutError} TARGET_UNSUITABLE when the task definition has no such container. */
export function containerOf(definition: TaskDefinition, name: string): ContainerDefinition {
  const { containerDefinitions = [] } = definition;
  const found = containerDefinitions.find((container) => container.name === name);
  if (found !== undefined) return found;
  const names = containerDefinitions.map(({ name: one = "" }) => one).join(", ");
  throw new RolloutError(
    "TARGET_UNSUITABLE",
    `task definition ${versionOf(definition.taskDefinitionArn ?? "")} has no container "${name}"`,
    { hint: `target.ecs.container must be one of: ${names}.` },
  );
}

/**
 * Where the container listens: as given, or the one port that its definition maps.
 * @throws {RolloutError} TARGET_UNSUITABLE
 */
export function portOf(definition: TaskDefinition, container: string, given?: number): number {
  const { portMappings = [] } = containerOf(definition, container);
  const ports = portMappings.flatMap(({ containerPort }) => containerPort ?? []);
  const version = versionOf(definition.taskDefinitionArn ?? "");
  const [only] = ports;
  if (given !== undefined && ports.includes(given)) return given;
  if (given === undefined && only !== undefined && ports.length === 1) return only;
  const mapped = ports.length === 0 ? "no port" : `the ports ${ports.join(", ")}`;
  throw new RolloutError(
    "TARGET_UNSUITABLE",
    given === undefined
      ? `container ${container} of ${version} maps ${mapped}, not exactly one`
      : `container ${container} of ${version} maps ${mapped}, and not ${given}`,
    { hint: "Set target.ecs.port to a containerPort of its portMappings." },
  );
}

/** The current definition with the container's image and environment replaced. */
export function withRevision(
  { definition, tags }: Registered,
  container: string,
  { image, environment }: Extract<EcsRevision, { kind: "image" }>,
): RegisterTaskDefinitionCommandInput {
  const replaced = { ...containerOf(definition, container), image };
  const changed =
    environment === undefined
      ? replaced
      : {
          ...replaced,
          environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
        };
  const containerDefinitions = (definition.containerDefinitions ?? []).map((one) =>
    one.name === container ? changed : one,
  );
  // Tags that AWS itself keeps cannot be given.
  const own = tags.filter(({ key = "" }) => !key.startsWith("aws:"));
  return {
    ...registrable({ ...definition, containerDefinitions }),
    ...(own.length === 0 ? {} : { tags: own }),
  };
}

/** Whether registering `wanted` would make what `definition` is already. */
export function isSame(
  definition: TaskDefinition,
  wanted: RegisterTaskDefinitionCommandInput,
): boolean {
  const { tags: _, ...rest } = wanted;
  return canonical(registrable(definition)) === canonical(rest);
}

interface Found {
  readonly arn: string;
  readonly version: VersionId;
  readonly registered: boolean;
}

/**
 * The task definition revision of a release. What is registered already is found again: the family's newest
 * revision, when it is just what this one would be.
 * @returns its ARN, and whether it was registered here.
 * @throws {RolloutError} REVISION_NOT_FOUND, REVISION_INVALID, TARGET_UNSUITABLE
 */
export async function ensureTaskDefinition(
  calls: EcsCalls,
  parts: {
    /** The ARN of what serves now. */
    readonly current: string;
    readonly container: string;
    readonly revision: EcsRevision;
  },
): Promise<Found> {
  const { container, revision } = parts;
  if (revision.kind === "taskDefinition") {
    const { definition } = await readTaskDefinition(calls, revision.taskDefinition);
    mustBeActive(definition);
    containerOf(definition, container);
    return found(definition, false);
  }
  const current = await readTaskDefinition(calls, parts.current);
  const wanted = withRevision(current, container, revision);
  if (isSame(current.definition, wanted)) return found(current.definition, false);
  const registered = async (): Promise<Found | undefined> => {
    const { definition } = await readTaskDefinition(calls, wanted.family ?? "");
    return isSame(definition, wanted) ? found(definition, true) : undefined;
  };
  return (await registered()) ?? register();

  async function register(): Promise<Found> {
    try {
      // Sent once more it would make a second revision.
      const { taskDefinition = {} } = await calls.ecs(
        "RegisterTaskDefinition",
        `task definition ${wanted.family}`,
        async (client, options) => client.registerTaskDefinition(wanted, options),
        { retry: "unsent" },
      );
      return found(taskDefinition, true);
    } catch (error) {
      // Our own attempt whose answer was lost.
      const made = await registered();
      if (made === undefined) throw error;
      return made;
    }
  }
}

export function mustBeActive({ taskDefinitionArn = "", status }: TaskDefinition): void {
  if (status === "ACTIVE") return;
  throw new RolloutError(
    "REVISION_INVALID",
    `task definition ${versionOf(taskDefinitionArn)} is ${status ?? "unknown"}: ECS starts no tasks of it`,
    { hint: "Register it again, and release the new revision." },
  );
}

function found(definition: TaskDefinition, registered: boolean): Found {
  const arn = definition.taskDefinitionArn ?? "";
  return { arn, version: versionOf(arn), registered };
}

/** What of a task definition can be given when one is registered; ECS adds the rest. */
function registrable(definition: TaskDefinition): RegisterTaskDefinitionCommandInput {
  const {
    taskDefinitionArn: _arn,
    revision: _revision,
    status: _status,
    requiresAttributes: _attributes,
    compatibilities: _compatibilities,
    registeredAt: _registeredAt,
    registeredBy: _registeredBy,
    deregisteredAt: _deregisteredAt,
    deleteRequestedAt: _deleteRequestedAt,
    family,
    containerDefinitions,
    ...rest
  } = definition;
  return { ...rest, family, containerDefinitions };
}

/** The same text for the same value, whatever the order of keys; what is empty or absent counts alike. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== "object" || inner === null) return inner;
    if (Array.isArray(inner)) return inner.length === 0 ? undefined : sortedByName(inner);
    const entries = Object.entries(inner).filter(([, one]) => one !== undefined && !isEmpty(one));
    return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** The order of environment variables says nothing. */
function sortedByName(items: readonly unknown[]): readonly unknown[] {
  const nameOf = (item: unknown) =>
    typeof item === "object" && item !== null && "name" in item && "value" in item
      ? String(item.name)
      : undefined;
  if (items.some((item) => nameOf(item) === undefined)) return items;
  return items.toSorted((left, right) => ((nameOf(left) ?? "") < (nameOf(right) ?? "") ? -1 : 1));
}
