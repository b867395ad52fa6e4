import {
  CloudWatchClient,
  PutDashboardCommand,
  PutMetricAlarmCommand,
} from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, CreateLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  type AutoRollbackConfiguration,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
} from "@aws-sdk/client-codedeploy";
import { UpdateClusterSettingsCommand } from "@aws-sdk/client-ecs";
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import {
  CreateAliasCommand,
  PublishVersionCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRole } from "../support/roles.ts";
import { zipOf } from "../support/worker-cloud.ts";
import { DEPLOY_ROLE, STYLE } from "../services/codedeploy/deploy-cloud.ts";
import { ecsDeployCloud } from "../services/codedeploy/ecs-deploy-cloud.ts";
import { ACCOUNT, waiting } from "../services/lambda/lambda-cloud.ts";
import { recipeTasks } from "./recipe-002-tasks.ts";

const RECIPE = join(import.meta.dirname, "../../../../examples/recipes/002");
const REGION = "us-east-1";
const FUNCTION = "api";
const GROUP = "prod";
const EVENTS = "/aws/events/deployments";
const ROLLBACK: AutoRollbackConfiguration = {
  enabled: true,
  events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"],
};

export const DASHBOARD = "Blue-Green-Deployments-test";

/** The recipe's service, function and hooks on a virtual clock, and its dashboard. Version 1 of both serves. */
export async function recipeCloud() {
  const at = await ecsDeployCloud({ taskRuntime: recipeTasks() });
  const { cloud, lambda, deploy } = at;
  const watch = cloud.client(CloudWatchClient);
  const logs = cloud.client(CloudWatchLogsClient);
  const rules = cloud.client(EventBridgeClient);
  const settings = [{ name: "containerInsights", value: "enabled" }] as const;
  await at.ecs.send(
    new UpdateClusterSettingsCommand({ cluster: "default", settings: [...settings] }),
  );
  for (const logGroupName of ["/ecs/web", EVENTS]) {
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
  }
  const EventPattern = JSON.stringify({ source: ["aws.codedeploy"] });
  await rules.send(new PutRuleCommand({ Name: "deployments", EventPattern }));
  const Arn = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${EVENTS}`;
  await rules.send(new PutTargetsCommand({ Rule: "deployments", Targets: [{ Id: "1", Arn }] }));

  const create = async (FunctionName: string, folder: string, handler: string, Variables = {}) => {
    const app = readFileSync(join(RECIPE, folder, "index.mjs"), "utf8");
    await at.send(FunctionName, {
      Runtime: "nodejs24.x",
      Handler: `index.${handler}`,
      Code: { ZipFile: await zipOf({ "index.mjs": app }) },
      Environment: { Variables },
      Timeout: 60,
    });
    await waitUntilFunctionActiveV2(waiting(lambda), { FunctionName });
  };
  const urls = { PROD_URL: at.prod.url, TEST_URL: at.test.url };
  for (const name of ["before", "test", "after"])
    await create(`CodeDeployHook_${name}`, "hooks", name, urls);
  await create(FUNCTION, "function", "handler", { VERSION: "1" });
  await lambda.send(new PublishVersionCommand({ FunctionName: FUNCTION }));
  const first = { FunctionName: FUNCTION, Name: "PROD", FunctionVersion: "1" };
  await lambda.send(new CreateAliasCommand(first));

  const balancer = /loadbalancer\/(.*)$/.exec(
    at.prod.arn.replace(/:listener\/(app\/[^/]+\/[^/]+).*/, ":loadbalancer/$1"),
  )?.[1];
  const dimension = (arn: string) => arn.slice(arn.indexOf("targetgroup/"));
  const alarm = (AlarmName: string, Namespace: string, MetricName: string, by: object) =>
    watch.send(
      new PutMetricAlarmCommand({
        AlarmName,
        Namespace,
        MetricName,
        Dimensions: Object.entries(by).map(([Name, Value]) => ({ Name, Value: String(Value) })),
        Statistic: "Sum",
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 5,
        ComparisonOperator: "GreaterThanThreshold",
        TreatMissingData: "notBreaching",
      }),
    );
  for (const [colour, arn] of [
    ["blue", at.blue],
    ["green", at.green],
  ] as const) {
    const by = { LoadBalancer: balancer, TargetGroup: dimension(arn) };
    await alarm(`web-${colour}-5xx`, "AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", by);
  }
  const ofAlias = { FunctionName: FUNCTION, Resource: `${FUNCTION}:PROD` };
  await alarm(`${FUNCTION}-errors`, "AWS/Lambda", "Errors", ofAlias);

  const alarms = [{ name: "web-blue-5xx" }, { name: "web-green-5xx" }];
  await at.group({
    deploymentConfigName: "CodeDeployDefault.ECSLinear10PercentEvery1Minutes",
    alarmConfiguration: { enabled: true, alarms },
    autoRollbackConfiguration: ROLLBACK,
  });
  await deploy.send(
    new CreateApplicationCommand({ applicationName: "api", computePlatform: "Lambda" }),
  );
  await deploy.send(
    new CreateDeploymentGroupCommand({
      applicationName: "api",
      deploymentGroupName: GROUP,
      serviceRoleArn: DEPLOY_ROLE,
      deploymentStyle: STYLE,
      deploymentConfigName: "CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
      autoRollbackConfiguration: ROLLBACK,
      alarmConfiguration: { enabled: true, alarms: [{ name: `${FUNCTION}-errors` }] },
    }),
  );
  const executionRoleArn = await createRole(cloud, "ecs-role", "ecs-tasks.amazonaws.com");

  return {
    ...at,

    /** A task definition that writes its log. */
    image: (image: string) =>
      at.define("web", image, {
        executionRoleArn,
        containerDefinitions: [
          {
            name: "app",
            image,
            essential: true,
            portMappings: [{ containerPort: 8080 }],
            logConfiguration: {
              logDriver: "awslogs",
              options: {
                "awslogs-group": "/ecs/web",
                "awslogs-region": REGION,
                "awslogs-stream-prefix": "ecs",
              },
            },
          },
        ],
      }),

    /** Deploys an image with the hooks. @returns the deployment's id. */
    async deployService(image: string): Promise<string> {
      const hooks = [
        { BeforeInstall: "CodeDeployHook_before" },
        { AfterAllowTestTraffic: "CodeDeployHook_test" },
        { AfterAllowTraffic: "CodeDeployHook_after" },
      ];
      return at.start({}, hooks, await this.image(image));
    },

    /** Publishes the function with these settings and deploys it with the hooks. @returns the deployment's id. */
    async deployFunction(VERSION: string, FAULT = "", current = "1"): Promise<string> {
      const Environment = { Variables: { VERSION, FAULT } };
      await lambda.send(
        new UpdateFunctionConfigurationCommand({ FunctionName: FUNCTION, Environment }),
      );
      await waitUntilFunctionUpdatedV2(waiting(lambda), { FunctionName: FUNCTION });
      const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName: FUNCTION }));
      const content = JSON.stringify({
        version: 0.0,
        Resources: [
          {
            api: {
              Type: "AWS::Lambda::Function",
              Properties: {
                Name: FUNCTION,
                Alias: "PROD",
                CurrentVersion: current,
                TargetVersion: Version,
              },
            },
          },
        ],
        Hooks: [
          { BeforeAllowTraffic: "CodeDeployHook_before" },
          { AfterAllowTraffic: "CodeDeployHook_after" },
        ],
      });
      const { deploymentId = "" } = await deploy.send(
        new CreateDeploymentCommand({
          applicationName: "api",
          deploymentGroupName: GROUP,
          revision: { revisionType: "AppSpecContent", appSpecContent: { content } },
        }),
      );
      await cloud.advance(1000);
      return deploymentId;
    },

    /** A minute of users of both. */
    async minute(users = 20): Promise<void> {
      const payload = JSON.stringify({ path: "/api/data", queryStringParameters: { user: "1" } });
      for (let user = 0; user < users; user++) {
        const answer = await at.prod.call("/api/data?user=1");
        await answer.text();
        await at.invoke(FUNCTION, { Qualifier: "PROD", Payload: Buffer.from(payload) });
        await cloud.advance(Math.floor(60_000 / users));
      }
    },

    /** Puts the recipe's dashboard. @returns what AWS would have to say against it. */
    async putDashboard() {
      const values: Readonly<Record<string, string>> = {
        REGION,
        ACCOUNT,
        RULE: "deployments",
        CLUSTER: "default",
        SERVICE: "web",
        FUNCTION,
        BALANCER: balancer ?? "",
        BLUE: dimension(at.blue),
        GREEN: dimension(at.green),
      };
      const template = readFileSync(join(RECIPE, "dashboard.json"), "utf8");
      const DashboardBody = template.replaceAll(/\$\{(\w+)\}/g, (_all, name: string) => {
        const value = values[name];
        if (value === undefined) throw new Error(`the dashboard wants a value for ${name}`);
        return value;
      });
      const dashboard = { DashboardName: DASHBOARD, DashboardBody };
      const { DashboardValidationMessages = [] } = await watch.send(
        new PutDashboardCommand(dashboard),
      );
      return DashboardValidationMessages;
    },
  };
}
