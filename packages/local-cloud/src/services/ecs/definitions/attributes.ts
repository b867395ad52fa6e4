import type { TaskDefinition } from "@aws-sdk/client-ecs";

/**
 * What an instance would need to have. Source: AWS docs, Task definition use cases; recorded AWS answers.
 */
export function requiredAttributes(
  definition: Pick<
    TaskDefinition,
    "containerDefinitions" | "networkMode" | "taskRoleArn" | "executionRoleArn"
  >,
): { name: string }[] {
  const names = new Set<string>();
  const api = (version: string) =>
    names.add(`com.amazonaws.ecs.capability.docker-remote-api.${version}`);
  const containers = definition.containerDefinitions ?? [];
  for (const container of containers) {
    const driver = container.logConfiguration?.logDriver;
    if (driver !== undefined) {
      names.add(`com.amazonaws.ecs.capability.logging-driver.${driver}`);
      if (driver === "awslogs") {
        api("1.19");
        if (definition.executionRoleArn !== undefined) {
          names.add("ecs.capability.execution-role-awslogs");
        }
      }
    }
    if (/\.dkr\.ecr\./.test(container.image ?? "")) {
      names.add("com.amazonaws.ecs.capability.ecr-auth");
      if (definition.executionRoleArn !== undefined) {
        names.add("ecs.capability.execution-role-ecr-pull");
      }
    }
    if (container.healthCheck !== undefined) {
      names.add("ecs.capability.container-health-check");
      api("1.24");
    }
    if ((container.dependsOn ?? []).length > 0) names.add("ecs.capability.container-ordering");
    if (container.memoryReservation !== undefined) api("1.21");
    for (const { valueFrom = "" } of container.secrets ?? []) {
      const kind = valueFrom.includes(":secretsmanager:") ? "asm" : "ssm";
      names.add(`ecs.capability.secrets.${kind}.environment-variables`);
    }
  }
  if (definition.taskRoleArn !== undefined) names.add("com.amazonaws.ecs.capability.task-iam-role");
  if (definition.networkMode === "awsvpc") {
    api("1.18");
    names.add("ecs.capability.task-eni");
  }
  return [...names].map((name) => ({ name }));
}
