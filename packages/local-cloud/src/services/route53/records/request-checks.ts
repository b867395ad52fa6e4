import type { Change, ResourceRecordSet } from "@aws-sdk/client-route-53";
import { invalidChangeBatch, invalidRequest } from "../errors.ts";
import { BATCH_CHARACTERS_MAX, BATCH_RECORDS_MAX } from "../limits.ts";
import { POLICY_LIST, policiesIn } from "./routing-policy.ts";

/** What is looked at before the zone is: each set for itself. @throws {AwsError} InvalidInput, InvalidChangeBatch */
export function checkRequest(changes: readonly Change[]): void {
  let records = 0;
  let characters = 0;
  for (const change of changes) {
    const { ResourceRecordSet: record, Action } = change;
    if (record === undefined) continue;
    checkContent(change, record);
    checkPolicy(change, record);
    const times = Action === "UPSERT" ? 2 : 1;
    const values = record.ResourceRecords ?? [];
    records += times * Math.max(1, values.length);
    for (const { Value = "" } of values) characters += times * Value.length;
  }
  // Unverified: the texts.
  if (records > BATCH_RECORDS_MAX) {
    throw invalidChangeBatch([
      `Number of records limit of ${BATCH_RECORDS_MAX} exceeded: ${records} were given.`,
    ]);
  }
  if (characters > BATCH_CHARACTERS_MAX) {
    throw invalidChangeBatch([
      `Number of characters limit of ${BATCH_CHARACTERS_MAX} exceeded: ${characters} were given.`,
    ]);
  }
}

const CONTENT = "[AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]";

function checkContent(change: Change, record: ResourceRecordSet): void {
  const hasAlias = record.AliasTarget !== undefined;
  const hasTtl = record.TTL !== undefined;
  const hasValues = (record.ResourceRecords ?? []).length > 0;
  if (record.TrafficPolicyInstanceId !== undefined) {
    throw invalidRequest("Traffic policies are not available in the local cloud.");
  }
  if (hasAlias && (hasTtl || hasValues)) {
    throw invalidRequest(
      `Expected exactly one of ${CONTENT}, but found more than one in ${nameOf(change)}`,
    );
  }
  if (!hasAlias && !(hasTtl && hasValues)) {
    throw invalidRequest(`Expected exactly one of ${CONTENT}, but found none in ${nameOf(change)}`);
  }
}

function checkPolicy(change: Change, record: ResourceRecordSet): void {
  const found = policiesIn(record).length;
  if (found > 1) {
    throw invalidRequest(
      `Expected exactly one of ${POLICY_LIST}, but found more than one in ${nameOf(change)}`,
    );
  }
  if (found === 0 && record.SetIdentifier !== undefined) {
    throw invalidRequest(
      `Expected exactly one of ${POLICY_LIST}, but found none in ${nameOf(change)}`,
    );
  }
  if (found === 1 && record.SetIdentifier === undefined) {
    throw invalidRequest(`Missing field 'SetIdentifier' in ${nameOf(change)}`);
  }
}

function nameOf({ Action, ResourceRecordSet: record }: Change): string {
  const identifier = record?.SetIdentifier ?? "null";
  return `Change with [Action=${Action}, Name=${record?.Name}, Type=${record?.Type}, SetIdentifier=${identifier}]`;
}
