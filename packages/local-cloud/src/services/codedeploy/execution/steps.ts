import type { ErrorInformation, LifecycleEventStatus } from "@aws-sdk/client-codedeploy";
import { contentOf } from "../revisions/locations.ts";
import type { LifecycleEventRow } from "../state.ts";
import { activeAlarm } from "./alarms.ts";
import { deadlineMs, overdue } from "./deadline.ts";
import type { Ending } from "./ending.ts";
import type { Notices } from "./notices.ts";
import { platformOf } from "./platforms.ts";
import { assumptionProblem } from "./service-role.ts";
import type { Run } from "./stage.ts";

/** The next step of a deployment. */
export interface Steps {
  /** @returns when to look again; undefined to go on at once. */
  next(run: Run): Promise<number | undefined>;
}

export function createSteps(ending: Ending, notices: Notices): Steps {
  const begin = async (run: Run): Promise<void> => {
    const nowMs = run.nowMs();
    run.save({ status: "InProgress", startedAtMs: nowMs });
    notices.started(run);
    const problem = missing(run) ?? (await assumptionProblem(run)) ?? (await prepare(run));
    if (problem !== undefined) ending.end(run, "Failed", problem);
  };

  return {
    async next(run) {
      const { stop, status } = run.row();
      if (stop !== undefined) return ending.end(run, "Stopped", stop.error);
      if (status === "Created") {
        await begin(run);
        return undefined;
      }
      const problem = missing(run) ?? overdue(run);
      if (problem !== undefined) return ending.end(run, "Failed", problem);
      const alarm = await activeAlarm(run);
      if (alarm !== undefined) {
        run.save({ stop: { by: "alarm", error: alarm } });
        return undefined;
      }
      const until = await look(run, ending);
      // The ready wait has begun.
      if (status !== "Ready" && run.row().status === "Ready") notices.ready(run);
      return until === undefined ? undefined : Math.min(until, deadlineMs(run));
    },
  };
}

async function look(run: Run, ending: Ending): Promise<number | undefined> {
  const row = run.row();
  const stage = platformOf(row).stages(row)[row.progress.stage];
  if (stage === undefined) return ending.end(run, "Succeeded");
  if (row.progress.stageStartedAtMs === undefined) {
    run.save({
      progress: { ...row.progress, stageStartedAtMs: run.nowMs() },
      events: marked(row.events, stage.event, "InProgress", { startedAtMs: run.nowMs() }),
    });
  }
  const result = await stage.look(run);
  switch (result.kind) {
    case "wait":
      // What has come in the meantime goes first.
      return run.row().stop === undefined ? result.untilMs : undefined;
    case "done":
    case "skipped": {
      const { progress, events } = run.row();
      const status = result.kind === "done" ? "Succeeded" : "Skipped";
      run.save({
        progress: {
          ...progress,
          stage: progress.stage + 1,
          stageStartedAtMs: undefined,
          isContinued: false,
        },
        events: marked(events, stage.event, status, { endedAtMs: run.nowMs() }),
      });
      return undefined;
    }
    case "failed":
      return ending.end(run, "Failed", result);
    case "stopped":
      run.save({ stop: { by: "deadline", error: { code: result.code, message: result.message } } });
      return undefined;
    default:
      return result satisfies never;
  }
}

function marked(
  events: readonly LifecycleEventRow[],
  name: string | undefined,
  status: LifecycleEventStatus,
  times: Pick<LifecycleEventRow, "startedAtMs" | "endedAtMs">,
): readonly LifecycleEventRow[] {
  return events.map((event) => (event.name === name ? { ...event, status, ...times } : event));
}

/** The application or group may be deleted at any time. Unverified: the texts. */
function missing(run: Run): ErrorInformation | undefined {
  const { applicationId, applicationName, groupId, groupName } = run.row();
  const { applications, groups } = run.state;
  if (![...applications.values()].some(({ id }) => id === applicationId)) {
    return {
      code: "APPLICATION_MISSING",
      message: `The application ${applicationName} does not exist any more.`,
    };
  }
  if ([...groups.values()].some(({ id }) => id === groupId)) return undefined;
  return {
    code: "DEPLOYMENT_GROUP_MISSING",
    message: `The deployment group ${groupName} does not exist any more.`,
  };
}

/** Finds the target and lays out the lifecycle events. A rollback comes with its target. */
async function prepare(run: Run): Promise<ErrorInformation | undefined> {
  const platform = platformOf(run.row());
  if (run.row().target === undefined) {
    const content = contentOf(run.row().revision);
    if (content === undefined) {
      return {
        code: "REVISION_MISSING",
        message: `The revision is stored in ${run.row().revision.revisionType}, which the local cloud does not have. Give the AppSpec with the deployment: revisionType AppSpecContent.`,
      };
    }
    const prepared = await platform.prepare(run, content);
    if (prepared.kind === "refused") return prepared;
    run.save({ target: prepared.target, hooks: prepared.hooks });
  }
  const events = platform
    .stages(run.row())
    .flatMap(({ event }) =>
      event === undefined ? [] : [{ name: event, status: "Pending" as const }],
    );
  run.save({ events });
  const checked = await platform.check(run);
  return checked.kind === "failed" ? checked : undefined;
}
