import { CloudWatch, type StateValue } from "@aws-sdk/client-cloudwatch";
import { CodeDeploy, type DeploymentInfo } from "@aws-sdk/client-codedeploy";
import { type EcsShop, openEcsShop } from "./ecs-shop.ts";
import { until } from "./test-shop.ts";
import { serviceRole } from "./service-role.ts";

export const GROUP = { applicationName: "shop", deploymentGroupName: "web-prod" } as const;
/** What `target.ecs` says besides the shop's own. */
export const VIA = {
  via: {
    codeDeploy: {
      application: GROUP.applicationName,
      deploymentGroup: GROUP.deploymentGroupName,
    },
  },
} as const;
/** As the deployment group's own configuration: the shortest that CodeDeploy has. */
export const ONE_MINUTE = { canary: { steps: [{ setWeight: "10%" }, { pause: "1m" }] } } as const;

const SERVICE = { cluster: "shop", service: "web" } as const;
const ALARM = "team-alarm";
/** Tasks start and pass health checks, and CodeDeploy's shortest canary takes a minute. */
const RELEASE_MS = 180_000;

/** A shop whose service only CodeDeploy may change, released by a deployment group with a test listener. */
export interface DeployShop extends EcsShop {
  readonly deploy: CodeDeploy;
  /** What the test listener leads to. */
  readonly testUrl: string;
  /** Newest first. */
  deployments(): Promise<readonly DeploymentInfo[]>;
  /** Of the deployment group, and nothing that the specification names. */
  alarm(state: StateValue): Promise<void>;
}

export async function openDeployShop(): Promise<DeployShop> {
  const shop = await openEcsShop({ timeoutMs: RELEASE_MS });
  const endpoint = await endpointOf(shop);
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const access = { endpoint, region: "us-east-1", credentials };
  const [deploy, cloudWatch] = [new CodeDeploy(access), new CloudWatch(access)];
  const alarm = async (StateValue: StateValue) => {
    await cloudWatch.setAlarmState({ AlarmName: ALARM, StateValue, StateReason: "by hand" });
  };

  await handOver(shop);
  const testListenerArn = await createTestListener(shop);
  await cloudWatch.putMetricAlarm({
    AlarmName: ALARM,
    Namespace: "Team",
    MetricName: "Failures",
    Statistic: "Sum",
    Period: 86_400,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "GreaterThanThreshold",
    TreatMissingData: "ignore",
  });
  await alarm("OK");
  const serviceRoleArn = await serviceRole(access, "codedeploy-role", "codedeploy.amazonaws.com");
  await createGroup(shop, { deploy, testListenerArn, serviceRoleArn });

  return {
    ...shop,
    deploy,
    testUrl: await listenerUrl(endpoint, testListenerArn),
    alarm,
    async deployments() {
      const { deployments: deploymentIds = [] } = await deploy.listDeployments(GROUP);
      if (deploymentIds.length === 0) return [];
      const { deploymentsInfo = [] } = await deploy.batchGetDeployments({ deploymentIds });
      return deploymentsInfo;
    },
    async close() {
      deploy.destroy();
      cloudWatch.destroy();
      await shop.close();
    },
  };
}

/** The same service once more, with the deployment controller CODE_DEPLOY. */
async function handOver({ ecs, elb, groups }: EcsShop): Promise<void> {
  const described = async () => {
    const { services = [] } = await ecs.describeServices({
      cluster: SERVICE.cluster,
      services: [SERVICE.service],
    });
    return services[0];
  };
  const set = (await described())?.taskSets?.[0];
  await ecs.deleteService({ ...SERVICE, force: true });
  await until("the service to be gone", described, (one) => one?.status === "INACTIVE");
  await ecs.createService({
    cluster: SERVICE.cluster,
    serviceName: SERVICE.service,
    desiredCount: 2,
    deploymentController: { type: "CODE_DEPLOY" },
    taskDefinition: set?.taskDefinition,
    launchType: "FARGATE",
    networkConfiguration: set?.networkConfiguration,
    loadBalancers: set?.loadBalancers,
  });
  const healthy = async () => {
    const found = await elb.describeTargetHealth({ TargetGroupArn: groups.blue });
    return (found.TargetHealthDescriptions ?? []).filter(
      ({ TargetHealth }) => TargetHealth?.State === "healthy",
    );
  };
  await until("its tasks to be healthy", healthy, ({ length }) => length === 2);
}

async function createTestListener({ elb, listenerArn, groups }: EcsShop): Promise<string> {
  const { Listeners = [] } = await elb.describeListeners({ ListenerArns: [listenerArn] });
  const made = await elb.createListener({
    LoadBalancerArn: Listeners[0]?.LoadBalancerArn,
    Protocol: "HTTP",
    Port: 81,
    DefaultActions: [{ Type: "forward", TargetGroupArn: groups.blue }],
  });
  return made.Listeners?.[0]?.ListenerArn ?? "";
}

async function createGroup(
  { listenerArn }: EcsShop,
  parts: {
    readonly deploy: CodeDeploy;
    readonly testListenerArn: string;
    readonly serviceRoleArn: string;
  },
): Promise<void> {
  const { deploy, testListenerArn, serviceRoleArn } = parts;
  await deploy.createApplication({ ...GROUP, computePlatform: "ECS" });
  await deploy.createDeploymentConfig({
    deploymentConfigName: "one-minute",
    computePlatform: "ECS",
    trafficRoutingConfig: {
      type: "TimeBasedCanary",
      timeBasedCanary: { canaryPercentage: 10, canaryInterval: 1 },
    },
  });
  await deploy.createDeploymentGroup({
    ...GROUP,
    serviceRoleArn,
    deploymentConfigName: "one-minute",
    deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
    alarmConfiguration: { enabled: true, alarms: [{ name: ALARM }] },
    autoRollbackConfiguration: {
      enabled: true,
      events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"],
    },
    ecsServices: [{ clusterName: SERVICE.cluster, serviceName: SERVICE.service }],
    blueGreenDeploymentConfiguration: {
      deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 30 },
      terminateBlueInstancesOnDeploymentSuccess: {
        action: "TERMINATE",
        terminationWaitTimeInMinutes: 30,
      },
    },
    loadBalancerInfo: {
      targetGroupPairInfoList: [
        {
          targetGroups: [{ name: "shop-blue" }, { name: "shop-green" }],
          prodTrafficRoute: { listenerArns: [listenerArn] },
          testTrafficRoute: { listenerArns: [testListenerArn] },
        },
      ],
    },
  });
}

async function endpointOf({ ecs: { config } }: EcsShop): Promise<string> {
  const { protocol = "http:", hostname = "", port = 0 } = (await config.endpoint?.()) ?? {};
  return `${protocol}//${hostname}:${port}`;
}

/** Where a listener is on this machine, as the cloud tells it. */
async function listenerUrl(endpoint: string, listenerArn: string): Promise<string> {
  const answer = await fetch(`${endpoint}/_aws/elb`);
  const { listeners }: { listeners: { listenerArn: string; url: string }[] } = JSON.parse(
    await answer.text(),
  );
  return listeners.find((one) => one.listenerArn === listenerArn)?.url ?? "";
}
