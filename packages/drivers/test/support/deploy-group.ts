import { CloudWatch, type StateValue } from "@aws-sdk/client-cloudwatch";
import {
  CodeDeploy,
  type CreateDeploymentGroupCommandInput,
  type DeploymentInfo,
  type TrafficRoutingConfig,
} from "@aws-sdk/client-codedeploy";
import { IAM } from "@aws-sdk/client-iam";
import { onTestFinished } from "vitest";
import { ACCESS } from "./lambda-cloud.ts";

export const PLACE = { application: "shop", deploymentGroup: "prod" } as const;
const GROUP = { applicationName: "shop", deploymentGroupName: "prod" } as const;

/** What CodeDeploy's own role is given. */
const POLICIES = {
  Lambda: "service-role/AWSCodeDeployRoleForLambda",
  ECS: "AWSCodeDeployRoleForECS",
} as const;

/** CodeDeploy in a cloud, past the driver: an application, a group, and what others do with them. */
export interface DeployGroup {
  readonly deploy: CodeDeploy;
  /** Newest first. */
  deployments(): Promise<readonly DeploymentInfo[]>;
  stop(rollback: boolean): Promise<void>;
  alarm(name: string, state: StateValue): Promise<void>;
}

export async function deployGroup(
  url: string,
  computePlatform: "Lambda" | "ECS",
  routing: TrafficRoutingConfig,
  more: Partial<CreateDeploymentGroupCommandInput> = {},
): Promise<DeployGroup> {
  const own = { ...ACCESS, endpoint: url, maxAttempts: 1 };
  const [deploy, iam, cloudWatch] = [new CodeDeploy(own), new IAM(own), new CloudWatch(own)];
  onTestFinished(() => [deploy, iam, cloudWatch].forEach((client) => client.destroy()));
  const { Role } = await iam.createRole({
    RoleName: "codedeploy-role",
    AssumeRolePolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "codedeploy.amazonaws.com" },
          Action: "sts:AssumeRole",
        },
      ],
    }),
  });
  const PolicyArn = `arn:aws:iam::aws:policy/${POLICIES[computePlatform]}`;
  await iam.attachRolePolicy({ RoleName: "codedeploy-role", PolicyArn });
  await deploy.createApplication({ applicationName: GROUP.applicationName, computePlatform });
  await deploy.createDeploymentConfig({
    deploymentConfigName: "of-the-team",
    computePlatform,
    trafficRoutingConfig: routing,
  });
  const alarm = async (AlarmName: string, StateValue: StateValue) => {
    await cloudWatch.putMetricAlarm({
      AlarmName,
      Namespace: "Shop",
      MetricName: AlarmName,
      Statistic: "Sum",
      Period: 86_400,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanThreshold",
      TreatMissingData: "ignore",
    });
    await cloudWatch.setAlarmState({ AlarmName, StateValue, StateReason: "by hand" });
  };
  for (const { name = "" } of more.alarmConfiguration?.alarms ?? []) await alarm(name, "OK");
  await deploy.createDeploymentGroup({
    ...GROUP,
    serviceRoleArn: Role?.Arn,
    deploymentConfigName: "of-the-team",
    deploymentStyle: {
      deploymentType: "BLUE_GREEN",
      deploymentOption: "WITH_TRAFFIC_CONTROL",
    },
    ...more,
  });
  const deployments = async () => {
    const { deployments: deploymentIds = [] } = await deploy.listDeployments(GROUP);
    if (deploymentIds.length === 0) return [];
    const { deploymentsInfo = [] } = await deploy.batchGetDeployments({ deploymentIds });
    return deploymentsInfo;
  };
  return {
    deploy,
    deployments,
    async stop(autoRollbackEnabled) {
      const running = (await deployments()).find(({ completeTime }) => completeTime === undefined);
      await deploy.stopDeployment({ deploymentId: running?.deploymentId, autoRollbackEnabled });
    },
    alarm,
  };
}

export function canary(percentage: number, minutes: number): TrafficRoutingConfig {
  const timeBasedCanary = { canaryPercentage: percentage, canaryInterval: minutes };
  return { type: "TimeBasedCanary", timeBasedCanary };
}

export function linear(percentage: number, minutes: number): TrafficRoutingConfig {
  const timeBasedLinear = { linearPercentage: percentage, linearInterval: minutes };
  return { type: "TimeBasedLinear", timeBasedLinear };
}
