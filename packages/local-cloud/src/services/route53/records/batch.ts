import type { Change, ResourceRecordSet } from "@aws-sdk/client-route-53";
import { isDeepStrictEqual } from "node:util";
import { invalidChangeBatch } from "../errors.ts";
import { isWithin, readName } from "../names.ts";
import { recordKey, type RecordRow, type ZoneRow } from "../state.ts";
import { conflictProblems } from "./conflicts.ts";
import { checkRequest } from "./request-checks.ts";
import { valueProblems } from "./values.ts";

/**
 * The zone's sets after a batch: each change sees what those before it did, and sets are weighed against one another
 * as they stand at the end, so a batch can replace an A record with a CNAME.
 * @throws {AwsError} InvalidInput, InvalidChangeBatch with everything that is wrong; nothing has changed then.
 */
export function afterBatch(
  zone: ZoneRow,
  before: Iterable<[string, RecordRow]>,
  changes: readonly Change[],
): Map<string, RecordRow> {
  checkRequest(changes);
  const records = new Map(before);
  const problems: string[] = [];
  const written = new Set<string>();
  for (const { Action, ResourceRecordSet: given } of changes) {
    if (given === undefined) continue;
    const read = readRecord(zone, given);
    if (typeof read === "string") {
      problems.push(read);
      continue;
    }
    const key = recordKey(read);
    const found = applyChange(zone, records, Action, read);
    problems.push(...found);
    if (Action === "DELETE") written.delete(key);
    else if (found.length === 0) written.add(key);
  }
  for (const key of written) {
    const record = records.get(key);
    if (record !== undefined) problems.push(...conflictProblems(zone, record, records));
  }
  if (problems.length > 0) throw invalidChangeBatch(problems);
  return records;
}

/** The set with its names as the zone keeps them, or what is wrong with its name. */
function readRecord(zone: ZoneRow, given: ResourceRecordSet): RecordRow | string {
  const read = readName(given.Name ?? "");
  if (read.kind === "fault") return read.fault;
  const { name } = read;
  if (given.Type === undefined) return `RRSet with DNS name ${name} has no type.`;
  if (!isWithin(name, zone.name)) {
    return `RRSet with DNS name ${name} is not permitted in zone ${zone.name}`;
  }
  const target = readName(given.AliasTarget?.DNSName ?? "");
  const alias =
    given.AliasTarget === undefined || target.kind === "fault"
      ? given.AliasTarget
      : { ...given.AliasTarget, DNSName: target.name };
  const row = { ...given, Name: name, Type: given.Type, AliasTarget: alias };
  // An empty list means the same as none, and is never listed.
  return row.ResourceRecords?.length === 0 ? { ...row, ResourceRecords: undefined } : row;
}

function applyChange(
  zone: ZoneRow,
  records: Map<string, RecordRow>,
  action: Change["Action"],
  record: RecordRow,
): string[] {
  const key = recordKey(record);
  const existing = records.get(key);
  if (action === "DELETE") {
    const tried = `Tried to delete resource record set ${quoted(record)}`;
    if (existing === undefined) return [`${tried} but it was not found`];
    if (!isSame(existing, record)) {
      return [`${tried} but the values provided do not match the current values`];
    }
    if (record.Name === zone.name && record.Type === "SOA") {
      return ["A HostedZone must contain exactly one SOA record."];
    }
    if (record.Name === zone.name && record.Type === "NS") {
      return ["A HostedZone must contain at least one NS record for the zone itself."];
    }
    records.delete(key);
    return [];
  }
  if (action === "CREATE" && existing !== undefined) {
    return [`Tried to create resource record set ${quoted(record)} but it already exists`];
  }
  const problems = valueProblems(record);
  if (problems.length === 0) records.set(key, record);
  return problems;
}

function quoted({ Name, Type, SetIdentifier }: RecordRow): string {
  const identifier = SetIdentifier === undefined ? "" : `, set-identifier='${SetIdentifier}'`;
  return `[name='${Name}', type='${Type}'${identifier}]`;
}

/** Values in any order; the routing policy and the health check may be left out of a DELETE. */
function isSame(existing: RecordRow, given: RecordRow): boolean {
  const values = ({ ResourceRecords = [] }: RecordRow) =>
    ResourceRecords.map(({ Value = "" }) => Value).toSorted();
  const policy = ({ Weight, Region, Failover, HealthCheckId }: RecordRow) => ({
    Weight,
    Region,
    Failover,
    HealthCheckId,
  });
  const own = policy(existing);
  return (
    existing.TTL === given.TTL &&
    isDeepStrictEqual(values(existing), values(given)) &&
    isDeepStrictEqual(existing.AliasTarget, given.AliasTarget) &&
    isDeepStrictEqual(own, { ...own, ...present(policy(given)) })
  );
}

function present(policy: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined));
}
