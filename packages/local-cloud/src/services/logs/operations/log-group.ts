import type { Cloud } from "../../../service.ts";
import type { LogGroup } from "../../../telemetry/log-records.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { pageOf } from "../../paging.ts";
import { alreadyExists, badToken, constraintBroken, invalidParameter } from "../errors.ts";
import { PAGE_ITEMS_MAX, RETENTION_DAYS } from "../limits.ts";
import { existingGroup, groupNameOf, logGroupArn } from "../log-group-name.ts";
import type { LogsHandlers, LogsInput } from "../sdk.ts";

export function logGroupOperations({ logs, clock }: Cloud) {
  return {
    CreateLogGroup(input, context) {
      const name = input.logGroupName ?? "";
      if (/^aws\//i.test(name)) {
        throw invalidParameter("Log groups starting with AWS/ are reserved for AWS.");
      }
      if (logs.group(context, name) !== undefined) throw alreadyExists("log group");
      logs.putGroup(context, {
        name,
        createdAtMs: clock.nowMs(),
        logGroupClass: input.logGroupClass ?? "STANDARD",
        kmsKeyId: input.kmsKeyId,
        deletionProtected: input.deletionProtectionEnabled,
        tags: input.tags ?? {},
        metricFilters: [],
      });
      return {};
    },

    DescribeLogGroups(input, context) {
      const page = pageOf(matchingGroups(logs.groups(context), input), {
        keyOf: (group) => group.name,
        token: input.nextToken,
        limit: input.limit ?? PAGE_ITEMS_MAX,
        badToken,
      });
      const describe = (group: LogGroup) =>
        describeGroup(context, group, logs.storedBytes(context, group.name));
      return { logGroups: page.items.map(describe), nextToken: page.nextToken };
    },

    DeleteLogGroup(input, context) {
      const group = existingGroup(logs, context, input.logGroupName);
      if (group.deletionProtected === true) {
        // Unverified: the text.
        throw invalidParameter("The specified log group has deletion protection enabled.");
      }
      logs.deleteGroup(context, group.name);
      return {};
    },

    PutLogGroupDeletionProtection(input, context) {
      const group = existingGroup(logs, context, groupNameOf(input.logGroupIdentifier ?? ""));
      logs.putGroup(context, { ...group, deletionProtected: input.deletionProtectionEnabled });
      return {};
    },

    PutRetentionPolicy(input, context) {
      const days = input.retentionInDays ?? 0;
      if (!RETENTION_DAYS.includes(days)) {
        const allowed = `[${RETENTION_DAYS.join(", ")}]`;
        throw constraintBroken(
          days,
          "retentionInDays",
          `Member must satisfy enum value set: ${allowed}`,
        );
      }
      const group = existingGroup(logs, context, input.logGroupName);
      logs.putGroup(context, { ...group, retentionDays: days });
      return {};
    },

    DeleteRetentionPolicy(input, context) {
      const group = existingGroup(logs, context, input.logGroupName);
      logs.putGroup(context, { ...group, retentionDays: undefined });
      return {};
    },
  } satisfies LogsHandlers;
}

function matchingGroups(
  groups: readonly LogGroup[],
  input: LogsInput<"DescribeLogGroups">,
): LogGroup[] {
  const { logGroupNamePrefix: prefix, logGroupNamePattern: pattern, logGroupClass } = input;
  if (prefix !== undefined && pattern !== undefined) {
    throw invalidParameter(
      "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
    );
  }
  const names = input.logGroupIdentifiers?.map(groupNameOf);
  return groups.filter(
    (group) =>
      (prefix === undefined || group.name.startsWith(prefix)) &&
      (pattern === undefined || group.name.toLowerCase().includes(pattern.toLowerCase())) &&
      (names === undefined || names.includes(group.name)) &&
      (logGroupClass === undefined || group.logGroupClass === logGroupClass),
  );
}

function describeGroup(place: Place, group: LogGroup, storedBytes: number) {
  const arn = logGroupArn(place, group.name);
  return {
    logGroupName: group.name,
    creationTime: group.createdAtMs,
    retentionInDays: group.retentionDays,
    metricFilterCount: group.metricFilters.length,
    arn: `${arn}:*`,
    storedBytes,
    kmsKeyId: group.kmsKeyId,
    logGroupClass: logGroupClassOf(group.logGroupClass),
    logGroupArn: arn,
    deletionProtectionEnabled: group.deletionProtected ?? false,
  };
}

function logGroupClassOf(text: string): "STANDARD" | "INFREQUENT_ACCESS" | "DELIVERY" {
  return text === "INFREQUENT_ACCESS" || text === "DELIVERY" ? text : "STANDARD";
}
