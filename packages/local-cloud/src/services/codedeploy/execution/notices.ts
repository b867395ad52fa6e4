import type { TriggerConfig, TriggerEventType } from "@aws-sdk/client-codedeploy";
import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { applicationArn, groupArn } from "../arns.ts";
import type { DeploymentRow } from "../state.ts";
import { publishRefusal } from "./service-role.ts";
import type { Run } from "./stage.ts";

/** Tells the world how a deployment goes: the groups' triggers by SNS, and the default bus of EventBridge. */
export interface Notices {
  started(run: Run): void;
  ready(run: Run): void;
  ended(run: Run): void;
  rollingBack(run: Run): void;
  /** The message that a trigger sends when it is made. */
  triggerMade(
    place: Place,
    serviceRoleArn: string,
    groupName: string,
    trigger: TriggerConfig,
  ): void;
}

interface Sent {
  readonly topicArn: string;
  readonly subject: string;
  readonly message: string;
}

/** Source: AWS docs, "Monitoring deployments with Amazon CloudWatch Events". */
type BusState = "START" | "READY" | "SUCCESS" | "FAILURE" | "STOP";

/** A message that cannot be sent is lost, and the deployment goes on. Unverified: that AWS does not fail it. */
export function createNotices(cloud: Cloud): Notices {
  const publishTo = async (place: Place, serviceRoleArn: string, sent: Sent) => {
    const topics = await cloud.port("topics");
    const publisher = { account: place.account, arn: serviceRoleArn };
    const result = await topics.publish({ ...sent, publisher });
    return result.kind === "published" ? undefined : `${result.code} ${result.message}`;
  };

  const publish = (place: Place, serviceRoleArn: string, sent: Sent) => {
    // By the clock, so that virtual time waits for it.
    cloud.clock.schedule(cloud.clock.nowMs(), async () => {
      const refusal =
        (await publishRefusal(cloud, place, serviceRoleArn, sent.topicArn)) ??
        (await publishTo(place, serviceRoleArn, sent));
      if (refusal === undefined) return;
      cloud.warn(
        `CodeDeploy: the trigger's topic ${sent.topicArn} refused the message: ${refusal}`,
      );
    });
  };

  const trigger = (run: Run, event: TriggerEventType, status: string) => {
    const row = run.row();
    for (const each of row.settings.triggerConfigurations ?? []) {
      if (each.triggerTargetArn === undefined || !each.triggerEvents?.includes(event)) continue;
      publish(run.state.place, row.settings.serviceRoleArn, {
        topicArn: each.triggerTargetArn,
        subject: `${status}: AWS CodeDeploy ${row.id} in ${run.state.place.region} to ${row.applicationName}`,
        message: JSON.stringify(messageOf(run.state.place, row, each.triggerName, status)),
      });
    }
  };

  const onBus = (run: Run, state: BusState) => {
    const { place } = run.state;
    const { applicationName, groupName, groupId, id } = run.row();
    cloud.bus.publish({
      kind: "stateChanged",
      ...place,
      source: "aws.codedeploy",
      detailType: "CodeDeploy Deployment State-change Notification",
      resources: [
        applicationArn(place, applicationName),
        groupArn(place, applicationName, groupName),
      ],
      detail: {
        instanceGroupId: groupId,
        region: place.region,
        application: applicationName,
        deploymentId: id,
        state,
        deploymentGroup: groupName,
      },
    });
  };

  return {
    started(run) {
      onBus(run, "START");
      trigger(run, "DeploymentStart", "CREATED");
    },
    ready(run) {
      onBus(run, "READY");
      trigger(run, "DeploymentReady", "READY");
    },
    ended(run) {
      const { status } = run.row();
      if (status === "Succeeded") {
        onBus(run, "SUCCESS");
        trigger(run, "DeploymentSuccess", "SUCCEEDED");
      } else if (status === "Failed") {
        onBus(run, "FAILURE");
        trigger(run, "DeploymentFailure", "FAILED");
      } else {
        onBus(run, "STOP");
        trigger(run, "DeploymentStop", "STOPPED");
      }
    },
    rollingBack(run) {
      trigger(run, "DeploymentRollback", run.row().status.toUpperCase());
    },
    triggerMade(place, serviceRoleArn, groupName, { triggerName, triggerTargetArn = "" }) {
      // Source of the fact that it is sent: AWS docs, "Create a trigger". Unverified: its texts.
      publish(place, serviceRoleArn, {
        topicArn: triggerTargetArn,
        subject: "AWS CodeDeploy notification setup for trigger",
        message: `AWS CodeDeploy notification setup for trigger '${triggerName}' of deployment group '${groupName}'`,
      });
    },
  };
}

/**
 * Source: AWS docs, "JSON data formats for CodeDeploy triggers"; messages in public repositories (how times are
 * written). Deployments of functions and services have no overview.
 */
function messageOf(
  { account, region }: Place,
  row: DeploymentRow,
  triggerName: string | undefined,
  status: string,
) {
  return {
    region,
    accountId: account,
    eventTriggerName: triggerName,
    applicationName: row.applicationName,
    deploymentId: row.id,
    deploymentGroupName: row.groupName,
    createTime: javaDate(row.createdAtMs),
    completeTime: row.completedAtMs === undefined ? null : javaDate(row.completedAtMs),
    ...(row.rollbackInfo === undefined
      ? {}
      : {
          rollbackInformation: {
            RollbackDeploymentId: row.rollbackInfo.rollbackDeploymentId,
            RollbackTriggeringDeploymentId: row.rollbackInfo.rollbackTriggeringDeploymentId,
            RollbackMessage: row.rollbackInfo.rollbackMessage,
          },
        }),
    status,
    ...(row.error === undefined
      ? {}
      : { errorInformation: { ErrorCode: row.error.code, ErrorMessage: row.error.message } }),
  };
}

/** "Mon Aug 24 23:56:04 UTC 2015" */
function javaDate(atMs: number): string {
  const [day, date, month, year, time] = new Date(atMs).toUTCString().replace(",", "").split(" ");
  return `${day} ${month} ${date} ${time} UTC ${year}`;
}
