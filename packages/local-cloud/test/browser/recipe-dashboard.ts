import {
  CloudWatchClient,
  PutDashboardCommand,
  PutMetricAlarmCommand,
} from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import type { TestCloud } from "../support/test-cloud.ts";

const region = "us-east-1";
const BALANCER = "app/shop/50dc6c495c0c9188";
const GROUP = "/ecs/shop";
const MINUTE_MS = 60_000;

type Point = readonly [
  namespace: string,
  name: string,
  dimensions: Record<string, string>,
  unit: "Count" | "Seconds" | "Milliseconds",
  value: (minute: number) => number,
];

const wave = (minute: number, low: number, high: number) =>
  low +
  ((Math.sin(minute / 9) + 1) / 2) * (high - low) +
  ((minute * 7919) % 13) * (high - low) * 0.01;

const service = { ServiceName: "shop", ClusterName: "live" };
const checked = (Status: string, DeploymentType: string) => ({ DeploymentType, Status });

/** What the parts of a blue/green deployment publish in two hours. */
const METRICS: readonly Point[] = [
  [
    "Shop/Deploy",
    "Deployments",
    { ApplicationName: "shop-ecs" },
    "Count",
    (m) => Number(m % 40 === 0),
  ],
  [
    "Shop/Deploy",
    "Deployments",
    { ApplicationName: "shop-lambda" },
    "Count",
    (m) => Number(m % 55 === 0),
  ],
  [
    "Shop/ApplicationELB",
    "TargetResponseTime",
    { LoadBalancer: BALANCER },
    "Seconds",
    (m) => wave(m, 0.04, 0.21),
  ],
  [
    "Shop/ApplicationELB",
    "HTTPCode_Target_2XX_Count",
    { LoadBalancer: BALANCER },
    "Count",
    (m) => Math.round(wave(m, 300, 900)),
  ],
  [
    "Shop/ApplicationELB",
    "HTTPCode_Target_5XX_Count",
    { LoadBalancer: BALANCER },
    "Count",
    (m) => Math.round(wave(m, 0, 9)),
  ],
  ["ECS/ContainerInsights", "RunningTaskCount", service, "Count", (m) => (m % 40 < 5 ? 6 : 3)],
  ["ECS/ContainerInsights", "PendingTaskCount", service, "Count", (m) => (m % 40 < 2 ? 3 : 0)],
  ["ECS/ContainerInsights", "DesiredTaskCount", service, "Count", () => 3],
  ["Shop/Lambda", "Duration", { FunctionName: "shop-api" }, "Milliseconds", (m) => wave(m, 12, 48)],
  [
    "Shop/Lambda",
    "Invocations",
    { FunctionName: "shop-api" },
    "Count",
    (m) => Math.round(wave(m, 20, 75)),
  ],
  [
    "Shop/Lambda",
    "Errors",
    { FunctionName: "shop-api" },
    "Count",
    (m) => Math.round(wave(m, 0, 2)),
  ],
  ["Shop/Lambda", "Throttles", { FunctionName: "shop-api" }, "Count", () => 0],
  [
    "Deployment/Validation",
    "PostDeploymentValidation",
    checked("Success", "ECS"),
    "Count",
    (m) => Number(m % 20 === 0),
  ],
  [
    "Deployment/Validation",
    "PostDeploymentValidation",
    checked("Failure", "ECS"),
    "Count",
    (m) => Number(m % 100 === 60),
  ],
  [
    "Deployment/Validation",
    "PostDeploymentValidation",
    checked("Success", "Lambda"),
    "Count",
    (m) => Number(m % 25 === 0),
  ],
  [
    "Deployment/Validation",
    "PostDeploymentValidation",
    checked("Failure", "Lambda"),
    "Count",
    () => 0,
  ],
];

const lambda = ["Shop/Lambda", "Invocations", "FunctionName", "shop-api"];

/** The dashboard of a blue/green deployment, and one widget of every other kind. */
const WIDGETS = [
  metric([0, 0, 12, 6], "Deployments", "Sum", [
    ["Shop/Deploy", "Deployments", "ApplicationName", "shop-ecs"],
    [".", ".", ".", "shop-lambda"],
  ]),
  metric([12, 0, 12, 6], "Load balancer", "Average", [
    ["Shop/ApplicationELB", "TargetResponseTime", "LoadBalancer", BALANCER, { yAxis: "right" }],
    [".", "HTTPCode_Target_2XX_Count", ".", "."],
    [".", "HTTPCode_Target_5XX_Count", ".", "."],
  ]),
  metric([0, 6, 8, 6], "ECS service", "Average", [
    ["ECS/ContainerInsights", "RunningTaskCount", "ServiceName", "shop", "ClusterName", "live"],
    [".", "PendingTaskCount", ".", ".", ".", "."],
    ["...", { label: "stacked under it", visible: false }],
    [".", "DesiredTaskCount", ".", ".", ".", "."],
  ]),
  metric([8, 6, 8, 6], "Function", "Average", [
    ["Shop/Lambda", "Duration", "FunctionName", "shop-api"],
    [".", "Invocations", ".", ".", { stat: "Sum", yAxis: "right" }],
    [".", "Errors", ".", ".", { stat: "Sum", yAxis: "right" }],
    [".", "Throttles", ".", ".", { stat: "Sum", yAxis: "right" }],
  ]),
  metric(
    [16, 6, 8, 6],
    "Validation results",
    "Sum",
    [
      [
        "Deployment/Validation",
        "PostDeploymentValidation",
        "DeploymentType",
        "ECS",
        "Status",
        "Success",
        { color: "#2f9e63", label: "ECS, passed" },
      ],
      ["...", "Failure", { color: "#d9485f", label: "ECS, failed" }],
      [".", ".", ".", "Lambda", ".", "Success"],
      ["...", "Failure"],
    ],
    { stacked: true },
  ),
  metric(
    [0, 12, 8, 6],
    "Error rate",
    "Sum",
    [
      [...lambda, { id: "calls", visible: false }],
      [".", "Errors", ".", ".", { id: "errors", visible: false }],
      [
        {
          expression: "100 * errors / calls",
          label: "Errors in percent of calls, ${MAX} at most",
          id: "rate",
        },
      ],
    ],
    {
      annotations: { horizontal: [{ label: "too many", value: 4, fill: "above" }] },
      yAxis: { left: { min: 0, label: "Percent" } },
    },
  ),
  metric([8, 12, 8, 3], "Now", "Sum", [lambda, [".", "Errors", ".", "."]], { view: "singleValue" }),
  metric([8, 15, 8, 3], "Busy", "Average", [lambda], {
    view: "gauge",
    yAxis: { left: { min: 0, max: 100 } },
  }),
  {
    ...at([16, 12, 8, 3]),
    type: "alarm",
    properties: {
      title: "Alarms",
      alarms: ["arn:aws:cloudwatch:us-east-1:000000000000:alarm:shop-errors"],
    },
  },
  {
    ...at([16, 15, 8, 3]),
    type: "text",
    properties: {
      markdown:
        "### Blue and green\nBoth colours serve during a **shift**. See the\n[runbook](https://example.com/runbook).\n\n- `shop-ecs`\n- `shop-lambda`",
    },
  },
  {
    ...at([0, 18, 24, 6]),
    type: "log",
    properties: {
      query: `SOURCE '${GROUP}'\n| fields @timestamp, @message\n| filter @message like /ERROR/ or @message like /WARN/\n| sort @timestamp desc\n| limit 20`,
      region,
      title: "Recent log lines",
    },
  },
];

export const DASHBOARD = "Blue-Green-Deployments-shop";
export const WIDGET_COUNT = WIDGETS.length;

function at([x, y, width, height]: readonly [number, number, number, number]) {
  return { x, y, width, height };
}

function metric(
  place: readonly [number, number, number, number],
  title: string,
  stat: string,
  metrics: readonly unknown[],
  more: object = {},
) {
  const properties = { metrics, period: 300, stat, region, title, ...more };
  return { ...at(place), type: "metric", properties };
}

/** Puts the dashboard, and two hours of what it shows. */
export async function putRecipeDashboard(cloud: TestCloud): Promise<void> {
  const watch = cloud.client(CloudWatchClient);
  const nowMs = cloud.nowMs();
  const minutes = Array.from({ length: 120 }, (_, index) => 119 - index);
  for (const [Namespace, MetricName, dimensions, Unit, value] of METRICS) {
    const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
    const MetricData = minutes.map((minute) => {
      const Timestamp = new Date(nowMs - minute * MINUTE_MS);
      return { MetricName, Dimensions, Unit, Timestamp, Value: value(minute) };
    });
    await watch.send(new PutMetricDataCommand({ Namespace, MetricData }));
  }
  await watch.send(
    new PutMetricAlarmCommand({
      AlarmName: "shop-errors",
      Namespace: "Shop/Lambda",
      MetricName: "Errors",
      Dimensions: [{ Name: "FunctionName", Value: "shop-api" }],
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 10,
      ComparisonOperator: "GreaterThanThreshold",
    }),
  );
  await putLogs(cloud.client(CloudWatchLogsClient), nowMs);
  const DashboardBody = JSON.stringify({ widgets: WIDGETS });
  await watch.send(new PutDashboardCommand({ DashboardName: DASHBOARD, DashboardBody }));
}

async function putLogs(logs: CloudWatchLogsClient, nowMs: number): Promise<void> {
  const stream = { logGroupName: GROUP, logStreamName: "web/1" };
  await logs.send(new CreateLogGroupCommand({ logGroupName: GROUP }));
  await logs.send(new CreateLogStreamCommand(stream));
  const messages = [
    "INFO listening on 8080",
    "WARN slow answer of /api/data: 812 ms",
    "ERROR <script>alert(1)</script> is no order",
  ];
  const logEvents = messages.map((message, index) => ({
    message,
    timestamp: nowMs - (messages.length - index) * MINUTE_MS,
  }));
  await logs.send(new PutLogEventsCommand({ ...stream, logEvents }));
}
