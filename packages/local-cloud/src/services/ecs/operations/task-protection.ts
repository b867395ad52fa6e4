import type { Failure, ProtectedTask } from "@aws-sdk/client-ecs";
import { lastPart } from "../arns.ts";
import { invalid } from "../errors.ts";
import { requireCluster } from "../lookups.ts";
import type { Ecs } from "../parts.ts";
import type { EcsHandlers } from "../sdk.ts";
import type { TaskRow } from "../state.ts";
import { missing } from "./tasks.ts";

/** Source: ecs API reference, UpdateTaskProtection. */
const EXPIRES_DEFAULT_MINUTES = 120;
const EXPIRES_MAX_MINUTES = 2880;

export function taskProtectionOperations(ecs: Ecs) {
  const { clock } = ecs.cloud;
  const shown = ({ arn, protectedUntilMs }: TaskRow): ProtectedTask => {
    const protectionEnabled = protectedUntilMs !== undefined && protectedUntilMs > clock.nowMs();
    return {
      taskArn: arn,
      protectionEnabled,
      ...(protectionEnabled && { expirationDate: new Date(protectedUntilMs) }),
    };
  };
  return {
    UpdateTaskProtection(input, context) {
      const state = ecs.in(context);
      const { name } = requireCluster(state, input.cluster);
      const minutes = input.expiresInMinutes ?? EXPIRES_DEFAULT_MINUTES;
      if (minutes < 1 || minutes > EXPIRES_MAX_MINUTES) {
        // Unverified: the text.
        throw invalid(`expiresInMinutes must be between 1 and ${EXPIRES_MAX_MINUTES}.`);
      }
      const protectedTasks: ProtectedTask[] = [];
      const failures: Failure[] = [];
      for (const idOrArn of input.tasks ?? []) {
        const row = state.tasks(name).get(lastPart(idOrArn));
        if (row === undefined) failures.push(missing(state, name, idOrArn));
        else if (!row.group.startsWith("service:")) {
          failures.push({ arn: row.arn, reason: "TASK_NOT_VALID" });
        } else {
          const isOn = input.protectionEnabled === true;
          const untilMs = isOn ? clock.nowMs() + minutes * 60_000 : undefined;
          ecs.tasks.protect(state, row, untilMs);
          protectedTasks.push(shown({ ...row, protectedUntilMs: untilMs }));
        }
      }
      return { protectedTasks, failures };
    },

    GetTaskProtection(input, context) {
      const state = ecs.in(context);
      const { name } = requireCluster(state, input.cluster);
      const wanted = input.tasks ?? [...state.tasks(name).values()].map(({ id }) => id);
      const found = wanted.map((idOrArn) => ({
        idOrArn,
        row: state.tasks(name).get(lastPart(idOrArn)),
      }));
      return {
        protectedTasks: found.flatMap(({ row }) => (row === undefined ? [] : [shown(row)])),
        failures: found.flatMap(({ idOrArn, row }) =>
          row === undefined ? [missing(state, name, idOrArn)] : [],
        ),
      };
    },
  } satisfies EcsHandlers;
}
