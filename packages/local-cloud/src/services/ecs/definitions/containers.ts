import type {
  ContainerDefinition,
  HealthCheck,
  NetworkMode,
  PortMapping,
} from "@aws-sdk/client-ecs";
import { client } from "../errors.ts";
import { CONTAINERS_PER_DEFINITION_MAX, STOP_TIMEOUT_FARGATE_MAX_SECONDS } from "../limits.ts";

export interface ContainerRules {
  readonly networkMode: NetworkMode | undefined;
  readonly needsFargate: boolean;
  /** The task has a memory size of its own. */
  readonly hasTaskMemory: boolean;
  readonly executionRoleArn: string | undefined;
}

const NAME = /^[a-zA-Z0-9_-]{1,255}$/;

/**
 * The containers as AWS keeps them: what was left out is filled in.
 *
 * Source: recorded AWS answers (moto's and LocalStack's ecs tests) for what is filled in; texts as quoted in issues of
 * terraform-provider-aws, aws-cdk and aws-cli.
 * @throws ClientException
 */
export function readContainers(
  given: readonly ContainerDefinition[] | undefined,
  rules: ContainerRules,
): ContainerDefinition[] {
  if (given === undefined || given.length === 0) throw client("Container list cannot be empty.");
  if (given.length > CONTAINERS_PER_DEFINITION_MAX) {
    throw client("Too many containers.");
  }
  const names = new Set<string>();
  for (const { name = "" } of given) {
    if (names.has(name)) {
      throw client("Container names must be unique within a Task Definition.");
    }
    names.add(name);
  }
  const containers = given.map((container) => readContainer(container, rules));
  if (!containers.some(({ essential }) => essential)) {
    // Unverified: the text.
    throw client("A task definition must have at least one essential container.");
  }
  checkPorts(containers);
  checkOrder(containers);
  return containers;
}

function readContainer(given: ContainerDefinition, rules: ContainerRules): ContainerDefinition {
  const { name, image, memory, memoryReservation } = given;
  if (name === undefined || name === "") {
    throw client("Container.name should not be null or empty.");
  }
  if (!NAME.test(name)) {
    throw client("Container.name contains invalid characters.");
  }
  if (image === undefined || image === "") {
    throw client("Container.image should not be null or empty.");
  }
  if (!rules.hasTaskMemory && memory === undefined && memoryReservation === undefined) {
    throw client(
      `Invalid setting for container '${name}'. At least one of 'memory' or 'memoryReservation' must be specified.`,
    );
  }
  if (memory !== undefined && memoryReservation !== undefined && memoryReservation > memory) {
    throw client(
      `Invalid setting for container '${name}'. 'memory' must be greater than or equal to 'memoryReservation'.`,
    );
  }
  checkFargate(given, rules);
  if ((given.secrets ?? []).length > 0 && rules.executionRoleArn === undefined) {
    throw client(
      "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
    );
  }
  return {
    ...given,
    cpu: given.cpu ?? 0,
    portMappings: (given.portMappings ?? []).map((port) => readPort(port, rules)),
    essential: given.essential ?? true,
    environment: given.environment ?? [],
    mountPoints: given.mountPoints ?? [],
    volumesFrom: given.volumesFrom ?? [],
    systemControls: given.systemControls ?? [],
    ...(given.healthCheck && { healthCheck: readHealthCheck(given.healthCheck) }),
  };
}

function checkFargate(given: ContainerDefinition, rules: ContainerRules): void {
  const problem = rules.needsFargate ? fargateProblem(given, rules) : undefined;
  if (problem !== undefined) throw client(problem);
}

/** Why Fargate would not run a container, in AWS's words. */
export function fargateProblem(
  given: ContainerDefinition,
  { executionRoleArn }: Pick<ContainerRules, "executionRoleArn">,
): string | undefined {
  const needsRole = (what: string) =>
    `Fargate requires task definition to have execution role ARN to support ${what}.`;
  const isEcr = /\.dkr\.ecr\./.test(given.image ?? "");
  if (executionRoleArn === undefined && isEcr) return needsRole("ECR images");
  const driver = given.logConfiguration?.logDriver;
  if (executionRoleArn === undefined && driver === "awslogs") {
    return needsRole(`log driver ${driver}`);
  }
  if (driver !== undefined && !["awslogs", "splunk", "awsfirelens"].includes(driver)) {
    return `Fargate only supports the awslogs, splunk and awsfirelens log drivers, but got '${driver}'.`;
  }
  if (given.privileged === true) {
    return "The specified setting 'privileged' is not supported by Fargate.";
  }
  if ((given.stopTimeout ?? 0) > STOP_TIMEOUT_FARGATE_MAX_SECONDS) {
    return `Invalid setting for container '${given.name}'. 'stopTimeout' must be at most ${STOP_TIMEOUT_FARGATE_MAX_SECONDS} seconds.`;
  }
  return undefined;
}

function readPort(port: PortMapping, { networkMode }: ContainerRules): PortMapping {
  const { containerPort, hostPort, protocol = "tcp" } = port;
  if (containerPort !== undefined && (containerPort < 1 || containerPort > 65_535)) {
    throw client("Invalid 'containerPort' setting for container. Must be 1 to 65535.");
  }
  if (networkMode !== "awsvpc") return { ...port, hostPort: hostPort ?? 0, protocol };
  if (hostPort !== undefined && hostPort !== 0 && hostPort !== containerPort) {
    throw client(
      "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
    );
  }
  return { ...port, hostPort: containerPort, protocol };
}

/** Source: ecs API reference, HealthCheck. */
function readHealthCheck(check: HealthCheck): HealthCheck {
  const { command = [], interval = 30, timeout = 5, retries = 3, startPeriod } = check;
  if (command.length === 0 || !["CMD", "CMD-SHELL", "NONE"].includes(command[0] ?? "")) {
    throw client(
      "Health check command must start with CMD to run the command arguments directly, or CMD-SHELL to run it with the container's default shell.",
    );
  }
  const bounds: readonly (readonly [string, number, number, number])[] = [
    ["interval", interval, 5, 300],
    ["timeout", timeout, 2, 60],
    ["retries", retries, 1, 10],
    ["startPeriod", startPeriod ?? 0, 0, 300],
  ];
  for (const [name, value, least, most] of bounds) {
    // Unverified: the text.
    if (value < least || value > most) {
      throw client(
        `Invalid health check ${name} '${value}': it must be between ${least} and ${most}.`,
      );
    }
  }
  return {
    command,
    interval,
    timeout,
    retries,
    ...(startPeriod !== undefined && { startPeriod }),
  };
}

/** Containers of a task share one network. */
function checkPorts(containers: readonly ContainerDefinition[]): void {
  const taken = new Set<string>();
  for (const { portMappings = [] } of containers) {
    for (const { hostPort = 0, protocol } of portMappings) {
      if (hostPort === 0) continue;
      const key = `${hostPort}/${protocol}`;
      if (taken.has(key)) {
        throw client(`The host port ${hostPort} is used more than once in the task definition.`);
      }
      taken.add(key);
    }
  }
}

/** @throws ClientException when a container waits for one that is not there, or for itself. The texts are Unverified. */
function checkOrder(containers: readonly ContainerDefinition[]): void {
  const byName = new Map(containers.map((container) => [container.name, container]));
  const visit = (name: string | undefined, path: readonly (string | undefined)[]): void => {
    if (path.includes(name)) {
      throw client(`Container dependency cycle detected: ${[...path, name].join(" -> ")}.`);
    }
    for (const { containerName, condition } of byName.get(name)?.dependsOn ?? []) {
      const other = byName.get(containerName);
      if (other === undefined) {
        throw client(
          `Container '${name}' depends on container '${containerName}', which is not in the task definition.`,
        );
      }
      if (condition === "HEALTHY" && other.healthCheck === undefined) {
        throw client(
          `Container '${name}' depends on container '${containerName}' to be HEALTHY, which has no health check.`,
        );
      }
      if ((condition === "COMPLETE" || condition === "SUCCESS") && other.essential === true) {
        throw client(
          `Container '${name}' depends on the essential container '${containerName}' to be ${condition}.`,
        );
      }
      visit(containerName, [...path, name]);
    }
  };
  for (const { name } of containers) visit(name, []);
}
