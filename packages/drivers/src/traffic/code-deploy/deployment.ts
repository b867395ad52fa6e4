import type { DeploymentInfo, LifecycleEvent } from "@aws-sdk/client-codedeploy";
import type { CodeDeployHook, PlatformCourse, PlatformEnd, WeightBps } from "@headgate/core";
import { createHash } from "node:crypto";
import type { CallLimits } from "../../aws/runner.ts";
import type { DeployApi } from "./deploy-api.ts";
import { askedHook, describeHook, eventsOf, failedHook } from "./hook-events.ts";
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

/** What our deployments of a target are known by. */
export function descriptionOf(subject: string, from: string, to: string): string {
  return `${prefixOf(subject)}${short(from)} to ${short(to)}`;
}

/** Whether a deployment that is ours leads to this version. */
export function leadsTo({ description }: DeploymentView, version: string): boolean {
  return description.endsWith(` to ${short(version)}`);
}

function prefixOf(subject: string): string {
  return `headgate ${short(subject)}: `;
}

/** Three names and a few words are at most 256 characters then. Unverified: AWS says that there is a limit, not which. */
const LONGEST_NAME = 76;

/** Of a longer one the beginning, and what tells it from others that begin so. */
function short(name: string): string {
  if (name.length <= LONGEST_NAME) return name;
  const mark = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${name.slice(0, LONGEST_NAME - mark.length - 1)}~${mark}`;
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
  live: {
    readonly weight: WeightBps;
    readonly starts: KnownStarts;
    /** Those of the AppSpec. */
    readonly hooks: readonly CodeDeployHook[];
    readonly limits: CallLimits;
  },
): Promise<PlatformCourse | undefined> {
  if (!own.isRunning) {
    const ended = await endOf(api, own, live);
    return ended === undefined ? undefined : { ended };
  }
  if (live.weight === 0) return courseBefore(api, own, live);
  const startMs = live.starts.get(own.id) ?? (await shiftingSinceMs(api, own, live.limits));
  if (startMs === undefined) return UNDER_WAY;
  live.starts.set(own.id, startMs);
  const schedule = scheduleOf(await api.routing(own.config, live.limits));
  const next = schedule.find(({ weight }) => weight > live.weight);
  if (next === undefined) return UNDER_WAY;
  return { ...UNDER_WAY, movesAtMs: startMs + next.afterMs, nextWeight: next.weight };
}

const UNDER_WAY: PlatformCourse = { isUnderWay: true };

/** Before any weight, what it does is ask functions; once it has begun to shift there is none left to ask. */
async function courseBefore(
  api: DeployApi,
  { id }: DeploymentView,
  live: Pick<Parameters<typeof courseOf>[2], "hooks" | "starts" | "limits">,
): Promise<PlatformCourse> {
  if (live.hooks.length === 0 || live.starts.has(id)) return UNDER_WAY;
  const events = eventsOf(await api.target(id, live.limits));
  const startMs = startOf(events);
  if (startMs !== undefined) live.starts.set(id, startMs);
  const asks = startMs === undefined ? askedHook(events, live.hooks) : undefined;
  return asks === undefined ? UNDER_WAY : { ...UNDER_WAY, asks };
}

/** Unverified: that the first weight is live when AllowTraffic begins, and the others count from there. */
async function shiftingSinceMs(
  api: DeployApi,
  { id }: DeploymentView,
  limits: CallLimits,
): Promise<number | undefined> {
  return startOf(eventsOf(await api.target(id, limits)));
}

function startOf(events: readonly LifecycleEvent[]): number | undefined {
  const shifting = events.find(({ lifecycleEventName }) => lifecycleEventName === "AllowTraffic");
  return shifting?.startTime?.getTime();
}

/** Who ended a deployment that did not succeed, and why. */
async function endOf(
  api: DeployApi,
  { id, status, error }: DeploymentView,
  { hooks, limits }: Pick<Parameters<typeof courseOf>[2], "hooks" | "limits">,
): Promise<PlatformEnd | undefined> {
  if (status === "Succeeded") return undefined;
  const { code = "UNKNOWN", message = "no reason given" } = error ?? {};
  const detail = `CodeDeploy deployment ${id} is ${status}: ${code}, ${message}`;
  switch (code) {
    case "ALARM_ACTIVE":
      return { by: "alarm", name: alarmsIn(message), detail };
    case "MANUAL_STOP":
      return { by: "person", name: "CodeDeploy", detail };
    default: {
      // A function that cannot be invoked, and one that never reports, have other codes than one that fails.
      const isHook = code === "HOOK_EXECUTION_FAILURE";
      const events = isHook || hooks.length > 0 ? eventsOf(await api.target(id, limits)) : [];
      const hook = failedHook(events, hooks);
      if (hook !== undefined) {
        const { name } = hook;
        const told = `hook ${name}: ${describeHook(hook)} did not pass: ${detail}`;
        return { by: "hook", name, detail: told, hook };
      }
      if (!isHook) return { by: "platform", name: "", detail };
      const name = events.find((event) => event.status === "Failed")?.lifecycleEventName;
      return { by: "hook", name: name ?? "of the AppSpec", detail };
    }
  }
}

/** "...have been stopped. Activated alarms: <errors> <latency>" names them. Source: observed answers of AWS. */
function alarmsIn(message: string): string {
  const names = [...message.matchAll(/<([^<>]+)>/g)].map(([, name = ""]) => name);
  return names.length === 0 ? "of the deployment group" : names.join(", ");
}
