import type { DeploymentInfo, DeploymentTarget, LifecycleEvent } from "@aws-sdk/client-codedeploy";
import type { PlatformCourse, PlatformEnd, WeightBps } from "@headgate/core";
import type { CallLimits } from "../../aws/runner.ts";
import type { DeployApi } from "./deploy-api.ts";
import { scheduleOf } from "./schedule.ts";

/** A deployment of CodeDeploy, as far as a rollout needs it. */
export interface DeploymentView {
  readonly id: string;
  readonly status: string;
  readonly description: string;
  readonly config: string;
  /** It is not over: CodeDeploy may still change something. */
  readonly isRunning: boolean;
  /** It holds all traffic back until it is continued. */
  readonly isReady: boolean;
  /** It keeps the tasks of the old version. */
  readonly isTerminationWaiting: boolean;
  /** The deployment that this one undoes. */
  readonly rollbackOf: string | undefined;
  readonly error: { readonly code: string; readonly message: string } | undefined;
}

/** The deployments of a group that concern one rollout. */
export interface Deployments {
  /** The newest that Headgate made for this target. */
  readonly own: DeploymentView | undefined;
  /** What CodeDeploy is doing now, whoever asked for it. */
  readonly running: DeploymentView | undefined;
  /** Of all, newest first. */
  readonly ids: readonly string[];
}

const OVER: ReadonlySet<string> = new Set(["Succeeded", "Failed", "Stopped"]);

export function viewOf(info: DeploymentInfo): DeploymentView {
  const { status = "Created", errorInformation, rollbackInfo, creator } = info;
  const { code, message = "" } = errorInformation ?? {};
  const rollbackOf = rollbackInfo?.rollbackTriggeringDeploymentId;
  return {
    id: info.deploymentId ?? "",
    status,
    description: info.description ?? "",
    config: info.deploymentConfigName ?? "",
    isRunning: !OVER.has(status),
    isReady: status === "Ready",
    isTerminationWaiting: info.instanceTerminationWaitTimeStarted === true && !OVER.has(status),
    rollbackOf: creator === "codeDeployRollback" ? (rollbackOf ?? "unknown") : undefined,
    error: code === undefined ? undefined : { code, message },
  };
}

/** What our deployments of a target are known by. A description is at most 256 characters by our own care. */
export function descriptionOf(subject: string, from: string, to: string): string {
  return `${prefixOf(subject)}${from} to ${to}`;
}

function prefixOf(subject: string): string {
  return `headgate ${subject}: `;
}

export async function readDeployments(
  api: DeployApi,
  subject: string,
  limits?: CallLimits,
): Promise<Deployments> {
  const views = (await api.newest(limits)).map(viewOf);
  const isOwn = ({ description, rollbackOf }: DeploymentView) =>
    rollbackOf === undefined && description.startsWith(prefixOf(subject));
  return {
    own: views.find(isOwn),
    running: views.find(({ isRunning }) => isRunning),
    ids: views.map(({ id }) => id),
  };
}

/** What is true of a deployment for good, so that it is asked for once. */
export type KnownStarts = Map<string, number>;

/** What CodeDeploy does next with a deployment of ours, at the weight that is live. Undefined once it has succeeded. */
export async function courseOf(
  api: DeployApi,
  own: DeploymentView,
  live: { readonly weight: WeightBps; readonly starts: KnownStarts; readonly limits: CallLimits },
): Promise<PlatformCourse | undefined> {
  if (!own.isRunning) {
    const ended = await endOf(api, own, live.limits);
    return ended === undefined ? undefined : { ended };
  }
  if (live.weight === 0) return UNDER_WAY;
  const startMs = live.starts.get(own.id) ?? (await shiftingSinceMs(api, own, live.limits));
  if (startMs === undefined) return UNDER_WAY;
  live.starts.set(own.id, startMs);
  const schedule = scheduleOf(await api.routing(own.config, live.limits));
  const next = schedule.find(({ weight }) => weight > live.weight);
  if (next === undefined) return UNDER_WAY;
  return { ...UNDER_WAY, movesAtMs: startMs + next.afterMs, nextWeight: next.weight };
}

const UNDER_WAY: PlatformCourse = { isUnderWay: true };

/** Unverified: that the first weight is live when AllowTraffic begins, and the others count from there. */
async function shiftingSinceMs(
  api: DeployApi,
  { id }: DeploymentView,
  limits: CallLimits,
): Promise<number | undefined> {
  const events = eventsOf(await api.target(id, limits));
  const shifting = events.find(({ lifecycleEventName }) => lifecycleEventName === "AllowTraffic");
  return shifting?.startTime?.getTime();
}

function eventsOf(target: DeploymentTarget | undefined): readonly LifecycleEvent[] {
  return target?.lambdaTarget?.lifecycleEvents ?? target?.ecsTarget?.lifecycleEvents ?? [];
}

/** Who ended a deployment that did not succeed, and why. */
async function endOf(
  api: DeployApi,
  { id, status, error }: DeploymentView,
  limits: CallLimits,
): Promise<PlatformEnd | undefined> {
  if (status === "Succeeded") return undefined;
  const { code = "UNKNOWN", message = "no reason given" } = error ?? {};
  const detail = `CodeDeploy deployment ${id} is ${status}: ${code}, ${message}`;
  switch (code) {
    case "ALARM_ACTIVE":
      return { by: "alarm", name: alarmsIn(message), detail };
    case "MANUAL_STOP":
      return { by: "person", name: "CodeDeploy", detail };
    case "HOOK_EXECUTION_FAILURE": {
      const events = eventsOf(await api.target(id, limits));
      const name = events.find((event) => event.status === "Failed")?.lifecycleEventName;
      return { by: "hook", name: name ?? "of the AppSpec", detail };
    }
    default:
      return { by: "platform", name: "", detail };
  }
}

/** "...have been stopped. Activated alarms: <errors> <latency>" names them. Source: observed answers of AWS. */
function alarmsIn(message: string): string {
  const names = [...message.matchAll(/<([^<>]+)>/g)].map(([, name = ""]) => name);
  return names.length === 0 ? "of the deployment group" : names.join(", ");
}
