import {
  CloudWatchClient,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
  type StateValue,
} from "@aws-sdk/client-cloudwatch";
import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  type CreateDeploymentCommandInput,
  CreateDeploymentGroupCommand,
  type CreateDeploymentGroupCommandInput,
  type DeploymentInfo,
  GetDeploymentCommand,
  GetDeploymentTargetCommand,
  ListDeploymentTargetsCommand,
} from "@aws-sdk/client-codedeploy";
import { CreateAliasCommand, GetAliasCommand, PublishVersionCommand } from "@aws-sdk/client-lambda";
import { virtualClock } from "../../../src/clock.ts";
import type { LocalCloudOptions } from "../../../src/index.ts";
import { createRole } from "../../support/roles.ts";
import { ACCOUNT, lambdaCloud, pythonApp } from "../lambda/lambda-cloud.ts";

export const START_MS = Date.parse("2026-11-21T12:00:00Z");
export const DEPLOY_ROLE = `arn:aws:iam::${ACCOUNT}:role/codedeploy-role`;
export const MINUTE_MS = 60_000;
/** More than the time for which a deployment is Created. */
export const BEGIN_MS = 1000;
export const STYLE = {
  deploymentType: "BLUE_GREEN",
  deploymentOption: "WITH_TRAFFIC_CONTROL",
} as const;

export interface Spec {
  readonly name?: string;
  readonly alias?: string;
  readonly current?: string;
  readonly target?: string;
  readonly hooks?: readonly Readonly<Record<string, string>>[];
}

/** An AppSpec of the function "orders", from version 1 to 2. */
export function appSpec(spec: Spec = {}): string {
  const { name = "orders", alias = "live", current = "1", target = "2", hooks = [] } = spec;
  const Properties = { Name: name, Alias: alias, CurrentVersion: current, TargetVersion: target };
  return JSON.stringify({
    version: 0.0,
    Resources: [{ orders: { Type: "AWS::Lambda::Function", Properties } }],
    Hooks: hooks,
  });
}

/** A hook's function: keeps its event in its log, and reports `statuses` one after the other. */
export function hookApp(...statuses: string[]): string {
  return [
    "import json, os, urllib.request, urllib.error",
    "def handler(event, context):",
    "    print('HOOK ' + json.dumps(event, sort_keys=True))",
    `    for status in ${JSON.stringify(statuses)}:`,
    "        body = json.dumps({'deploymentId': event['DeploymentId'],",
    "            'lifecycleEventHookExecutionId': event['LifecycleEventHookExecutionId'],",
    "            'status': status}).encode()",
    "        request = urllib.request.Request(os.environ['AWS_ENDPOINT_URL'], body, {",
    "            'Content-Type': 'application/x-amz-json-1.1',",
    "            'Authorization': 'AWS4-HMAC-SHA256 Credential=' + os.environ['AWS_ACCESS_KEY_ID'] + '/20261121/us-east-1/codedeploy/aws4_request, SignedHeaders=host, Signature=0',",
    "            'X-Amz-Security-Token': os.environ['AWS_SESSION_TOKEN'],",
    "            'X-Amz-Target': 'CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus'})",
    "        try:",
    "            urllib.request.urlopen(request).read()",
    "        except urllib.error.HTTPError as error:",
    "            print('REFUSED ' + error.read().decode())",
  ].join("\n");
}

export type DeployCloud = Awaited<ReturnType<typeof deployCloud>>;

/**
 * A cloud on a virtual clock with the function "orders" (versions 1 and 2, the alias "live" on 1) and the Lambda
 * application "shop". `"keep"` for a data directory that has them from before.
 */
export async function deployCloud(
  options: LocalCloudOptions = {},
  state: "create" | "keep" = "create",
) {
  const clock = virtualClock(START_MS, (error) => {
    throw error;
  });
  const bench = await lambdaCloud({ clock, ...options }, state);
  const { cloud, lambda } = bench;
  const deploy = cloud.client(CodeDeployClient);
  const cloudwatch = cloud.client(CloudWatchClient);
  if (state === "create") {
    await createRole(cloud, "codedeploy-role", "codedeploy.amazonaws.com");
    await bench.create("orders");
    await lambda.send(new PublishVersionCommand({ FunctionName: "orders" }));
    await bench.publish("orders", pythonApp("second"));
    await lambda.send(
      new CreateAliasCommand({ FunctionName: "orders", Name: "live", FunctionVersion: "1" }),
    );
    await deploy.send(
      new CreateApplicationCommand({ applicationName: "shop", computePlatform: "Lambda" }),
    );
  }
  const get = async (deploymentId: string): Promise<DeploymentInfo> => {
    const { deploymentInfo } = await deploy.send(new GetDeploymentCommand({ deploymentId }));
    return deploymentInfo ?? {};
  };
  return {
    ...bench,
    deploy,
    cloudwatch,
    /** A group of the application "shop". */
    group: (more: Partial<CreateDeploymentGroupCommandInput> = {}) =>
      deploy.send(
        new CreateDeploymentGroupCommand({
          applicationName: "shop",
          deploymentGroupName: "prod",
          serviceRoleArn: DEPLOY_ROLE,
          deploymentStyle: STYLE,
          ...more,
        }),
      ),
    /** Creates a deployment. */
    request: (content = appSpec(), more: Partial<CreateDeploymentCommandInput> = {}) =>
      deploy.send(
        new CreateDeploymentCommand({
          applicationName: "shop",
          deploymentGroupName: "prod",
          revision: { revisionType: "AppSpecContent", appSpecContent: { content } },
          ...more,
        }),
      ),
    /** Creates a deployment and lets it begin. @returns its id. */
    async start(
      content = appSpec(),
      more: Partial<CreateDeploymentCommandInput> = {},
    ): Promise<string> {
      const { deploymentId } = await this.request(content, more);
      await cloud.advance(BEGIN_MS);
      return deploymentId ?? "";
    },
    get,
    /** Its status, and the code of its error. */
    async statusOf(deploymentId: string): Promise<string> {
      const { status, errorInformation } = await get(deploymentId);
      return [status, errorInformation?.code].filter(Boolean).join(" ");
    },
    async targetOf(deploymentId: string) {
      const { targetIds } = await deploy.send(new ListDeploymentTargetsCommand({ deploymentId }));
      const { deploymentTarget } = await deploy.send(
        new GetDeploymentTargetCommand({ deploymentId, targetId: targetIds?.[0] }),
      );
      return deploymentTarget?.lambdaTarget ?? deploymentTarget?.ecsTarget;
    },
    /** "BeforeAllowTraffic Succeeded", ... */
    async eventsOf(deploymentId: string): Promise<string[]> {
      const target = await this.targetOf(deploymentId);
      return (target?.lifecycleEvents ?? []).map(
        ({ lifecycleEventName, status }) => `${lifecycleEventName} ${status}`,
      );
    },
    /** Where the alias leads: "1", or "1 2:0.1" with weights. */
    async alias(): Promise<string> {
      const alias = await lambda.send(
        new GetAliasCommand({ FunctionName: "orders", Name: "live" }),
      );
      const weights = Object.entries(alias.RoutingConfig?.AdditionalVersionWeights ?? {});
      const others = weights.map(([version, weight]) => `${version}:${weight}`);
      return [alias.FunctionVersion, ...others].join(" ");
    },
    /** An alarm that nothing feeds: its state is set by hand. */
    async alarm(AlarmName: string, StateValue: StateValue = "OK"): Promise<void> {
      await cloudwatch.send(
        new PutMetricAlarmCommand({
          AlarmName,
          Namespace: "Shop",
          MetricName: AlarmName,
          Statistic: "Sum",
          Period: 86_400,
          EvaluationPeriods: 1,
          Threshold: 1,
          ComparisonOperator: "GreaterThanThreshold",
          TreatMissingData: "ignore",
        }),
      );
      await this.setAlarm(AlarmName, StateValue);
    },
    async setAlarm(AlarmName: string, StateValue: StateValue): Promise<void> {
      await cloudwatch.send(
        new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: "by hand" }),
      );
    },
  };
}
