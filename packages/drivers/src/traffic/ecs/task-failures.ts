import type { Task } from "@aws-sdk/client-ecs";
import type { EcsCalls } from "./calls.ts";
import type { ServiceName, ServiceView } from "./service.ts";
import { lastPart } from "./place.ts";

/** ECS shows stopped tasks for an hour. Source: AWS docs, stopped-task-errors. */
const LOOKED_AT = 20;
const TOLD = 3;

/** A task that ended although it should have gone on. */
export interface TaskFailure {
  readonly taskId: string;
  /** "Essential container in task exited; container app: exit code 1" */
  readonly reason: string;
}

/**
 * The stopped tasks of a task set or a deployment that failed by themselves, newest first.
 * @param startedBy its id: "ecs-svc/1234567890123456789".
 */
export async function readTaskFailures(
  { ecs }: EcsCalls,
  { cluster, service }: ServiceName,
  startedBy: string,
): Promise<readonly TaskFailure[]> {
  const subject = `stopped tasks of service ${service}`;
  const { taskArns = [] } = await ecs("ListTasks", subject, async (client, options) =>
    client.listTasks(
      { cluster, serviceName: service, desiredStatus: "STOPPED", maxResults: LOOKED_AT },
      options,
    ),
  );
  if (taskArns.length === 0) return [];
  const { tasks = [] } = await ecs("DescribeTasks", subject, async (client, options) =>
    client.describeTasks({ cluster, tasks: taskArns }, options),
  );
  return tasks
    .filter((task) => task.startedBy === startedBy && hasFailed(task))
    .toSorted((left, right) => stoppedMs(right) - stoppedMs(left))
    .map((task) => ({ taskId: lastPart(task.taskArn ?? ""), reason: reasonOf(task) }));
}

/** Scaling down and deregistration stop tasks too: that is no failure. */
function hasFailed({ stopCode, stoppedReason = "" }: Task): boolean {
  if (stopCode === "UserInitiated") return false;
  return stopCode !== "ServiceSchedulerInitiated" || /health|failed/i.test(stoppedReason);
}

function stoppedMs({ stoppedAt, stoppingAt, createdAt }: Task): number {
  return (stoppedAt ?? stoppingAt ?? createdAt)?.getTime() ?? 0;
}

function reasonOf({ stoppedReason = "it stopped", containers = [] }: Task): string {
  const said = containers.flatMap(({ name = "", exitCode, reason }) => {
    const parts = [exitCode === undefined ? undefined : `exit code ${exitCode}`, reason];
    const text = parts.filter((part) => part !== undefined).join(", ");
    return text === "" ? [] : `container ${name}: ${text}`;
  });
  return [stoppedReason, ...said].join("; ");
}

/**
 * Each reason once, the newest first, and after them what the service itself says of its troubles; for people.
 * @param sinceMs what it said earlier is about another version.
 */
export function describeFailures(
  failures: readonly TaskFailure[],
  service: Pick<ServiceView, "events">,
  sinceMs: number,
): string {
  const reasons = told(failures.map(({ reason }) => reason));
  const events = service.events
    .filter(({ createdAt }) => (createdAt?.getTime() ?? 0) >= sinceMs)
    .flatMap(({ message = "" }) => (/unable|unhealthy|failed|error/i.test(message) ? message : []))
    .filter((message) => !repeats(message, reasons));
  return [...reasons, ...told(events)].join("; ");
}

/** The newest of them, each once; one that is the beginning of another says nothing more. */
function told(texts: readonly string[]): readonly string[] {
  const newest = new Map<string, string>();
  for (const text of texts.map(withNames)) {
    const same = withoutIds(text);
    if (!newest.has(same)) newest.set(same, text);
  }
  return [...newest]
    .filter(
      ([same]) => ![...newest.keys()].some((other) => other !== same && other.startsWith(same)),
    )
    .map(([, text]) => text)
    .slice(0, TOLD);
}

/** Each task has an id of its own, and each call of AWS: two texts that differ in nothing else say the same. */
function withoutIds(text: string): string {
  return text.replaceAll(/\b(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/g, "*");
}

/** People know target groups by their names. */
function withNames(text: string): string {
  return text.replaceAll(/arn:\S+?:targetgroup\/([^/\s)]+)\/[0-9a-f]+/g, "$1");
}

/** Whether a service's event only says that tasks failed, which their own reasons say better. */
function repeats(message: string, reasons: readonly string[]): boolean {
  if (reasons.length === 0) return false;
  if (message.includes("is unable to consistently start tasks successfully")) return true;
  const [, reason] = / failed to start: (.+?)\.?$/.exec(withNames(message)) ?? [];
  if (reason === undefined) return false;
  return reasons.some((one) => withoutIds(one).startsWith(withoutIds(reason)));
}

/** What to do about a version whose tasks fail for these reasons. */
export function remedyFor(why: string, { healthPath }: { readonly healthPath: string }): string {
  if (why.includes("CannotPull")) {
    return "Push the image under just this name, and let the task's execution role pull it.";
  }
  if (why.includes("ResourceInitializationError")) {
    return "Let the task's execution role do what it was refused, and look whether what the task definition names is there.";
  }
  const check = healthPath === "" ? "its health check" : healthPath;
  return `Look at the tasks' logs; the container must answer ${check} on its port.`;
}
