import { addChange, changeInfo } from "../changes.ts";
import { AwsError } from "../../../aws-error.ts";
import { invalidInput, noSuchChange, noSuchHealthCheck } from "../errors.ts";
import { PAGE_RECORDS, RECORDS_PER_ZONE_MAX } from "../limits.ts";
import { readName, sortKey } from "../names.ts";
import { pageFrom } from "../paging.ts";
import { afterBatch } from "../records/batch.ts";
import type { ZoneIndex } from "../resolution/zone-index.ts";
import type { Route53Handlers, Route53Input } from "../sdk.ts";
import type { RecordRow, Route53 } from "../state.ts";
import { bareId, zoneOf } from "../zone-shapes.ts";

export function recordOperations(route53: Route53, index: ZoneIndex) {
  const { store, clock } = route53.cloud;
  return {
    ChangeResourceRecordSets(input, { account }) {
      const state = route53.in(account);
      const zone = zoneOf(state, input.HostedZoneId);
      const changes = input.ChangeBatch?.Changes ?? [];
      const table = state.records(zone.id);
      const after = afterBatch(zone, table.entries(), changes);
      for (const { HealthCheckId: id } of after.values()) {
        if (id !== undefined && !state.healthChecks.has(id)) {
          // A check may be deleted while records name it, so only new names of it are refused.
          const isNew = changes.some(
            ({ Action, ResourceRecordSet: given }) =>
              Action !== "DELETE" && given?.HealthCheckId === id,
          );
          if (isNew) throw noSuchHealthCheck(id);
        }
      }
      if (after.size > RECORDS_PER_ZONE_MAX) {
        // Unverified: the text.
        throw new AwsError(
          "InvalidChangeBatch",
          `[A hosted zone may have ${RECORDS_PER_ZONE_MAX} record sets.]`,
        );
      }
      const change = store.transaction(() => {
        for (const [key] of table.entries()) if (!after.has(key)) table.delete(key);
        for (const [key, record] of after) {
          if (table.get(key) !== record) table.set(key, record);
        }
        return addChange(route53, state, input.ChangeBatch?.Comment);
      });
      index.changed();
      return { ChangeInfo: change };
    },

    ListResourceRecordSets(input, { account }) {
      const state = route53.in(account);
      const zone = zoneOf(state, input.HostedZoneId);
      const records = [...state.records(zone.id).values()].toSorted(byPlace);
      const start = startOf(records, input);
      const page = pageFrom(records, start, { maxItems: input.MaxItems, most: PAGE_RECORDS });
      return {
        ResourceRecordSets: page.items.map((record) => ({ ...record })),
        IsTruncated: page.next !== undefined,
        NextRecordName: page.next?.Name,
        NextRecordType: page.next?.Type,
        NextRecordIdentifier: page.next?.SetIdentifier,
        MaxItems: page.limit,
      };
    },

    GetChange(input, { account }) {
      const id = bareId(input.Id);
      const change = route53.in(account).changes.get(id);
      if (change === undefined) throw noSuchChange(id);
      return { ChangeInfo: changeInfo(change, clock.nowMs()) };
    },
  } satisfies Route53Handlers;
}

/** What sets are sorted by: the name from the right, the type, the identifier. */
type Place = readonly [name: string, type: string, identifier: string];

function placeOf({ Name, Type, SetIdentifier }: RecordRow): Place {
  return [sortKey(Name), Type, SetIdentifier ?? ""];
}

function byPlace(left: RecordRow, right: RecordRow): number {
  return compare(placeOf(left), placeOf(right));
}

function compare(left: Place, right: Place): number {
  for (const [index, part] of left.entries()) {
    const other = right[index] ?? "";
    if (part !== other) return part < other ? -1 : 1;
  }
  return 0;
}

/** The first set at or after the place that a request names. Unverified: the texts. */
function startOf(
  records: readonly RecordRow[],
  input: Route53Input<"ListResourceRecordSets">,
): number {
  const { StartRecordName: name, StartRecordType: type, StartRecordIdentifier: identifier } = input;
  if (type !== undefined && name === undefined) {
    throw invalidInput("The parameter StartRecordName is required with StartRecordType.");
  }
  if (identifier !== undefined && type === undefined) {
    throw invalidInput("The parameter StartRecordType is required with StartRecordIdentifier.");
  }
  if (name === undefined) return 0;
  const read = readName(name);
  if (read.kind === "fault") throw invalidInput(read.fault);
  const wanted: Place = [sortKey(read.name), type ?? "", identifier ?? ""];
  const index = records.findIndex((record) => compare(placeOf(record), wanted) >= 0);
  return index < 0 ? records.length : index;
}
