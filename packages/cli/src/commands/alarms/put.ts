import {
  type AlarmDefinition,
  alarmPlan,
  type AlarmPlan,
  type Change,
  type LeftOut,
  receiverOf,
  RolloutError,
  type RolloutSpec,
} from "@headgate/core";
import { type Monitoring, monitoring } from "@headgate/drivers";
import { defineCommand } from "../../command.ts";
import { type AwsSession, openAwsSession } from "../../session/aws.ts";
import { readMembers } from "../../session/spec-members.ts";
import { SPEC_ARGUMENT } from "../../spec-file.ts";
import type { Style } from "../../terminal/style.ts";
import { changeLines, leftOutLines } from "../../views/monitoring-view.ts";

type PutView = AlarmDefinition & { readonly change: Change };

interface TargetView {
  /** In the release's file; null for a spec alone. */
  readonly target: string | null;
  readonly alarms: readonly PutView[];
}

interface AlarmsView {
  readonly isDryRun: boolean;
  readonly targets: readonly TargetView[];
  readonly leftOut: readonly LeftOut[];
  readonly warnings: readonly string[];
  /** What to put into headgate.yaml. */
  readonly lines: readonly string[];
  readonly undo: string;
  readonly cost: string;
  readonly onlyLines: boolean;
}

export const alarmsPut = defineCommand({
  path: "alarms put",
  description:
    "Alarms on errors and latency for all traffic and for each version that the platform tells apart, sized by the last two weeks. Putting them again says what changed. headgate.yaml is left as it is.",
  examples: [
    ["headgate alarms put --topic arn:aws:sns:eu-central-1:123456789012:on-call", "Tell a topic"],
    ["headgate alarms put --dry-run", "Which alarms, with which thresholds, and why?"],
    ["headgate alarms put --lines", "Print the lines for headgate.yaml alone"],
  ],
  arguments: [SPEC_ARGUMENT],
  options: {
    topic: {
      type: "list",
      value: "arn",
      help: "SNS topic that is told; default: those under notify in the spec",
    },
    dryRun: { type: "boolean", help: "Say what would be put, and put nothing" },
    lines: { type: "boolean", help: "Print only the lines for headgate.yaml" },
  },
  run: async ({ topic, dryRun, lines: onlyLines }, { globals, arguments: [file] }) => {
    const { name, isRelease, path, members } = await readMembers(file);
    const session = await openAwsSession(globals);
    try {
      const watch = monitoring(session);
      const region = await watch.region();
      const warnings: string[] = [];
      const plans = await Promise.all(
        members.map(async ({ spec, target }) => {
          const topics = topicsFor(spec, topic, region, warnings);
          return { target, spec, plan: await planFor({ session, watch, spec, path, topics }) };
        }),
      );
      const put = await watch.putAlarms({
        alarms: plans.flatMap(({ plan }) => plan.alarms),
        tags: { "headgate:name": name },
        isDryRun: dryRun,
        overwrite: globals.yes,
      });
      const changes = new Map(put.map((one) => [one.name, one]));
      const targets = plans.map(({ target, plan }) => ({
        target: isRelease ? (target ?? null) : null,
        alarms: plan.alarms.map((alarm) => ({
          ...alarm,
          actions: changes.get(alarm.name)?.actions ?? [],
          change: changes.get(alarm.name)?.change ?? { kind: "unchanged" as const },
        })),
      }));
      const all = targets.flatMap(({ alarms }) => alarms);
      if (all.some(({ actions }) => actions.length === 0)) warnings.push(TELLS_NOBODY);
      const view: AlarmsView = {
        isDryRun: dryRun,
        targets,
        leftOut: plans.flatMap(({ plan }) => plan.leftOut),
        warnings: [...new Set(warnings)],
        lines: yamlLines(targets),
        undo: undoOf(all, region, session),
        cost: costOf(all),
        onlyLines,
      };
      return { value: view };
    } finally {
      session.close();
    }
  },
  render: (view, style) =>
    view.onlyLines
      ? view.lines
      : [
          ...view.targets.flatMap(({ alarms }) =>
            alarms.flatMap((alarm) => alarmLines(alarm, view.isDryRun, style)),
          ),
          ...leftOutLines(view.leftOut, style),
          ...view.warnings.map((warning) => `${style.warn("warning")} ${warning}`),
          "",
          "For headgate.yaml, so that a rollout turns back when one of them fires:",
          ...view.lines.map((line) => `  ${line}`),
          "",
          style.dim(view.cost),
          ...(view.isDryRun ? [] : [style.dim(`Undo: ${view.undo}`)]),
        ],
});

const TELLS_NOBODY =
  "these alarms tell nobody: as guards of a rollout they work, but name --topic to be told at night";

async function planFor(parts: {
  readonly session: AwsSession;
  readonly watch: Monitoring;
  readonly spec: RolloutSpec;
  readonly path: string;
  readonly topics: readonly string[];
}): Promise<AlarmPlan> {
  const { session, watch, spec, path, topics } = parts;
  const { traffic, metrics } = session.drivers(spec, path);
  const [target, usual] = await Promise.all([watch.look(spec, traffic), watch.usual(metrics)]);
  const latency = await watch.latency(target, usual);
  return alarmPlan(target, { usual, latency, topics });
}

/** An alarm can tell topics of its own region only. Source: AWS docs, API_PutMetricAlarm, AlarmActions. */
function topicsFor(
  { notify }: RolloutSpec,
  given: readonly string[],
  region: string,
  warnings: string[],
): readonly string[] {
  const wrong = given.find((topic) => !/^arn:[^:]+:sns:[^:]+:\d{12}:/.test(topic));
  if (wrong !== undefined) {
    throw new RolloutError("USAGE", `--topic is "${wrong}"; it must be an SNS topic's ARN`, {
      hint: "For example arn:aws:sns:eu-central-1:123456789012:on-call.",
    });
  }
  const ofSpec = notify.flatMap((entry) => {
    const receiver = receiverOf(entry);
    return receiver.kind === "sns" ? [receiver.topic] : [];
  });
  const topics = given.length > 0 ? given : ofSpec;
  return [...new Set(topics)].filter((topic) => {
    if (topic.split(":")[3] === region) return true;
    warnings.push(`${topic} is not told: alarms in ${region} can only tell topics there`);
    return false;
  });
}

function yamlLines(targets: readonly TargetView[]): string[] {
  return targets.flatMap(({ target, alarms }) => {
    const lines = ["alarms:", ...alarms.map(({ name }) => `  - ${name}`)];
    if (target === null) return lines;
    return [`# release.targets.${target}`, ...lines];
  });
}

function undoOf(
  alarms: readonly AlarmDefinition[],
  region: string,
  { localUrl }: AwsSession,
): string {
  const where = localUrl === undefined ? "" : ` --endpoint-url ${localUrl}`;
  return `aws cloudwatch delete-alarms --region ${region}${where} --alarm-names ${alarms.map(({ name }) => name).join(" ")}`;
}

/** Unverified: the price, and that each metric of an expression is charged for. */
function costOf(alarms: readonly AlarmDefinition[]): string {
  const metrics = alarms.reduce(
    (sum, { measure }) =>
      sum + (measure.kind === "math" ? measure.rows.filter(isMetric).length : 1),
    0,
  );
  return `${alarms.length} alarms on ${metrics} metrics: about $${(0.1 * metrics).toFixed(2)} a month.`;
}

function isMetric({ kind }: { readonly kind: "metric" | "expression" }): boolean {
  return kind === "metric";
}

function alarmLines(alarm: PutView, isDryRun: boolean, style: Style): string[] {
  const { name, change, meaning, sizedBy, datapoints, periods, periodSeconds, actions } = alarm;
  const words = isDryRun && change.kind !== "unchanged" ? `would be ${change.kind}: ${name}` : name;
  const head =
    words === name ? changeLines(name, change, style) : [style.accent(words), ...detailsOf(change)];
  const told = actions.length === 0 ? "tells nobody" : `tells ${actions.join(", ")}`;
  return [
    ...head,
    `  ${meaning}`,
    `  ${datapoints} of ${periods} periods of ${periodSeconds} s; ${told}`,
    `  ${style.dim(sizedBy)}`,
  ];
}

function detailsOf(change: Change): string[] {
  return change.kind === "changed" ? change.details.map((detail) => `  ${detail}`) : [];
}
