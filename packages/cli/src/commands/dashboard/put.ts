import {
  type Change,
  type DashboardBody,
  dashboardBody,
  type LeftOut,
  RolloutError,
} from "@headgate/core";
import { monitoring } from "@headgate/drivers";
import { defineCommand } from "../../command.ts";
import { openAwsSession } from "../../session/aws.ts";
import { readMembers } from "../../session/spec-members.ts";
import { SPEC_ARGUMENT } from "../../spec-file.ts";
import { changeLines, leftOutLines } from "../../views/monitoring-view.ts";

interface DashboardView {
  readonly name: string;
  readonly region: string;
  readonly widgets: number;
  /** Null with `--print`: nothing was written. */
  readonly change: Change | null;
  readonly messages: readonly string[];
  readonly leftOut: readonly LeftOut[];
  readonly consoleUrl: string;
  readonly localUrl: string | null;
  /** Only with `--print`. */
  readonly body?: DashboardBody;
}

export const dashboardPut = defineCommand({
  path: "dashboard put",
  description:
    "Requests, errors and latency by version, health and capacity, alarms and results of tests. Only what has data, or will have it with the first request, gets in.",
  examples: [
    ["headgate dashboard put", "A dashboard with the spec's name"],
    ["headgate dashboard put shop.yaml --name shop-live", "Under another name"],
    ["headgate dashboard put --print > dashboard.json", "Write its body, and put nothing"],
  ],
  arguments: [SPEC_ARGUMENT],
  options: {
    name: { type: "string", value: "name", help: "Default: the spec's or the release's name" },
    print: { type: "boolean", help: "Print the dashboard's body and put nothing" },
  },
  run: async ({ name: given, print }, { globals, arguments: [file] }) => {
    const { name: own, isRelease, path, link, members } = await readMembers(file);
    const name = checkedName(given ?? own);
    const session = await openAwsSession(globals);
    try {
      const watch = monitoring(session);
      const targets = await Promise.all(
        members.map(async ({ spec }) => {
          const monitored = await watch.look(spec, session.drivers(spec, path).traffic);
          return { monitored, alarms: await watch.alarmArns(spec, monitored) };
        }),
      );
      const shared = await watch.shared(members.map(({ spec }) => spec));
      const region = await watch.region();
      const body = dashboardBody({
        name: own,
        isRelease,
        region,
        link,
        targets,
        shared: shared.extras,
      });
      const put = print
        ? { change: null, messages: [] }
        : await watch.putDashboard({ name, body, overwrite: globals.yes });
      const view: DashboardView = {
        name,
        region,
        widgets: body.widgets.length,
        ...put,
        leftOut: [
          ...targets.flatMap(({ monitored }) =>
            [...monitored.leftOut, ...monitored.chartsLeftOut].map(({ what, why }) => ({
              what: isRelease ? `${monitored.name}: ${what}` : what,
              why,
            })),
          ),
          ...shared.leftOut,
          ...targets
            .filter(({ alarms }) => alarms.length === 0)
            .map(({ monitored }) => ({
              what: `alarms of ${monitored.name}`,
              why: "there are none yet: headgate alarms put, then put the dashboard again",
            })),
        ],
        consoleUrl: `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${name}`,
        localUrl:
          session.localUrl === undefined
            ? null
            : new URL(`/_headgate/dashboards/${name}`, session.localUrl).href,
        ...(print ? { body } : {}),
      };
      return { value: view };
    } finally {
      session.close();
    }
  },
  render: (view, style) => {
    if (view.body !== undefined) return [JSON.stringify(view.body, null, 2)];
    return [
      ...changeLines(`dashboard ${view.name}`, view.change, style),
      `${view.widgets} widgets: ${style.accent(view.localUrl ?? view.consoleUrl)}`,
      ...view.messages.map((message) => `${style.warn("CloudWatch warns")} ${message}`),
      ...leftOutLines(view.leftOut, style),
      style.dim("The first three dashboards of an account are free, then about $3 a month each."),
      style.dim(`Undo: aws cloudwatch delete-dashboards --dashboard-names ${view.name}`),
    ];
  },
});

/** Source: botocore's model says nothing; AWS docs, API_PutDashboard: A-Z, a-z, 0-9, "-" and "_", at most 255. */
function checkedName(name: string): string {
  if (/^[A-Za-z0-9_-]{1,255}$/.test(name)) return name;
  throw new RolloutError(
    "USAGE",
    `"${name}" is no name of a dashboard: letters, digits, "-" and "_", at most 255`,
    { hint: "Give another one with --name." },
  );
}
