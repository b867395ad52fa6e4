import type { LogGroup } from "../../telemetry/log-records.ts";
import type { LogStore } from "../../telemetry/log-store.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import { invalidParameter, noLogGroup } from "./errors.ts";

/** Without the ":*" that DescribeLogGroups shows in `arn`. */
export function logGroupArn({ account, region }: Place, name: string): string {
  return `arn:aws:logs:${region}:${account}:log-group:${name}`;
}

const GROUP_ARN = /^arn:aws[\w-]*:logs:[\w-]*:\d*:log-group:([^:]+)(?::.*)?$/;

/** The name in a `logGroupIdentifier` or a `resourceArn`: a name or an ARN, with or without ":*". */
export function groupNameOf(identifier: string): string {
  return GROUP_ARN.exec(identifier)?.[1] ?? identifier;
}

interface GroupChoice {
  readonly logGroupName?: string | undefined;
  readonly logGroupIdentifier?: string | undefined;
}

/** The group that a request names in one of the two ways AWS has. */
export function chosenGroup(logs: LogStore, place: Place, choice: GroupChoice): LogGroup {
  const { logGroupName: name, logGroupIdentifier: identifier } = choice;
  if ((name === undefined) === (identifier === undefined)) {
    // Unverified: the text.
    throw invalidParameter("Exactly one of logGroupName or logGroupIdentifier must be provided.");
  }
  return existingGroup(logs, place, name ?? groupNameOf(identifier ?? ""));
}

export function existingGroup(logs: LogStore, place: Place, name: string | undefined): LogGroup {
  const group = logs.group(place, name ?? "");
  if (group === undefined) throw noLogGroup();
  return group;
}
