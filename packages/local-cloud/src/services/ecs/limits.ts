/** Source: AWS docs, Amazon ECS service quotas, and the ecs API reference. */
export const RUN_TASK_MAX = 10;
export const CONTAINERS_PER_DEFINITION_MAX = 10;
export const DESCRIBE_TASKS_MAX = 100;
export const DESCRIBE_CLUSTERS_MAX = 100;
export const DELETE_DEFINITIONS_MAX = 10;
export const PAGE_ITEMS = 100;
export const RESOURCE_TAGS_MAX = 50;
/** "Stopped tasks ... are returned for at least one hour". Source: ecs API reference, DescribeTasks. */
export const STOPPED_TASK_KEPT_MS = 3_600_000;
/** Source: ecs API reference, ContainerDefinition. */
export const STOP_TIMEOUT_DEFAULT_SECONDS = 30;
export const STOP_TIMEOUT_FARGATE_MAX_SECONDS = 120;
