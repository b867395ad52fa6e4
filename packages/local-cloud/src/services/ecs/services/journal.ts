import type { Cloud } from "../../../service.ts";
import { clusterArn } from "../arns.ts";
import type { PlaceState, ServiceRow } from "../state.ts";
import { editService, findService, type ServiceKey } from "./service-rows.ts";

/** Source: ecs API reference, Service: "A maximum of 100 of the latest events are displayed". */
const EVENTS_MAX = 100;

/** Source: AWS docs, Amazon ECS service action events. */
export type ServiceAction =
  | "SERVICE_STEADY_STATE"
  | "TASKSET_STEADY_STATE"
  | "SERVICE_TASK_START_IMPAIRED"
  | "SERVICE_TASK_PLACEMENT_FAILURE";

/**
 * Source: AWS docs, Amazon ECS service deployment state change events. They do not name the cluster
 * (aws/containers-roadmap#1343).
 */
export type DeploymentStateChange =
  | "SERVICE_DEPLOYMENT_IN_PROGRESS"
  | "SERVICE_DEPLOYMENT_COMPLETED"
  | "SERVICE_DEPLOYMENT_FAILED";

const ACTION_TYPES = {
  SERVICE_STEADY_STATE: "INFO",
  TASKSET_STEADY_STATE: "INFO",
  SERVICE_TASK_START_IMPAIRED: "WARN",
  SERVICE_TASK_PLACEMENT_FAILURE: "ERROR",
} as const satisfies Record<ServiceAction, string>;

/** What is told of a service: in its events, and on the bus. */
export interface Journal {
  /** Adds "(service web) ..." to the service's events. */
  say(state: PlaceState, key: ServiceKey, text: string): void;
  /** The same, as it is. */
  write(state: PlaceState, key: ServiceKey, message: string): void;
  action(
    state: PlaceState,
    key: ServiceKey,
    action: ServiceAction,
    detail?: Readonly<Record<string, unknown>>,
  ): void;
  deployment(
    state: PlaceState,
    key: ServiceKey,
    change: DeploymentStateChange,
    deployment: { readonly id: string; readonly reason: string },
  ): void;
}

export function createJournal({ clock, random, bus }: Cloud): Journal {
  const write: Journal["write"] = (state, key, message) => {
    const event = { id: random.uuid(), atMs: clock.nowMs(), message };
    editService(state, key, ({ events }) => ({
      events: [event, ...events].slice(0, EVENTS_MAX),
    }));
  };
  const publish = (
    state: PlaceState,
    key: ServiceKey,
    detailType: string,
    detail: (row: ServiceRow, now: string) => Readonly<Record<string, unknown>>,
  ) => {
    const row = findService(state, key);
    if (row === undefined) return;
    const now = new Date(clock.nowMs()).toISOString();
    bus.publish({
      kind: "stateChanged",
      ...state.place,
      source: "aws.ecs",
      detailType,
      resources: [row.arn],
      detail: detail(row, now),
    });
  };
  return {
    write,
    say: (state, key, text) => write(state, key, `(service ${key.name}) ${text}`),
    action(state, key, action, detail = {}) {
      publish(state, key, "ECS Service Action", (_row, createdAt) => ({
        eventType: ACTION_TYPES[action],
        eventName: action,
        clusterArn: clusterArn(state.place, key.clusterName),
        createdAt,
        ...detail,
      }));
    },
    deployment(state, key, change, { id, reason }) {
      publish(state, key, "ECS Deployment State Change", (_row, updatedAt) => ({
        eventType: change === "SERVICE_DEPLOYMENT_FAILED" ? "ERROR" : "INFO",
        eventName: change,
        deploymentId: id,
        updatedAt,
        reason,
      }));
    },
  };
}

export const STEADY_TEXT = "has reached a steady state.";

/** Says that the service is steady, unless that was the last that was said. */
export function saySteady(journal: Journal, state: PlaceState, key: ServiceKey): void {
  const last = findService(state, key)?.events[0]?.message;
  if (last === `(service ${key.name}) ${STEADY_TEXT}`) return;
  journal.say(state, key, STEADY_TEXT);
  journal.action(state, key, "SERVICE_STEADY_STATE");
}
