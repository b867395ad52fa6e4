import { invalidInput } from "../errors.ts";
import { isWithin, readName } from "../names.ts";
import type { Resolver } from "../resolution/resolver.ts";
import type { ZoneIndex } from "../resolution/zone-index.ts";
import type { Route53Handlers } from "../sdk.ts";
import type { RecordRow, Route53 } from "../state.ts";
import { zoneOf } from "../zone-shapes.ts";

/** TestDNSAnswer: what a resolver would be told, drawn anew at each call. */
export function dnsAnswerOperations(route53: Route53, resolver: Resolver, zones: ZoneIndex) {
  return {
    TestDNSAnswer(input, { account }) {
      const state = route53.in(account);
      const zone = zoneOf(state, input.HostedZoneId);
      const read = readName(input.RecordName ?? "");
      if (read.kind === "fault") throw invalidInput(read.fault);
      if (!isWithin(read.name, zone.name)) {
        // Unverified: the text.
        throw invalidInput(`The name ${read.name} does not lie within the zone ${zone.name}`);
      }
      const indexed = { state, zone };
      const type = input.RecordType ?? "A";
      const records = resolver.answer(indexed, read.name, type);
      // A name with a CNAME answers with it, whatever is asked for.
      const found = records.length > 0 ? records : resolver.answer(indexed, read.name, "CNAME");
      const isThere = found.length > 0 || zones.at(indexed, read.name).length > 0;
      return {
        Nameserver: zone.nameServers[0],
        RecordName: read.name,
        RecordType: type,
        RecordData: found.flatMap(valuesOf),
        ResponseCode: isThere ? "NOERROR" : "NXDOMAIN",
        Protocol: "UDP",
      };
    },
  } satisfies Route53Handlers;
}

/** What an alias to something of the platform has instead of values: the address of the machine. */
function valuesOf({ Type, ResourceRecords, AliasTarget }: RecordRow): string[] {
  if (AliasTarget !== undefined) return [Type === "AAAA" ? "::1" : "127.0.0.1"];
  return (ResourceRecords ?? []).map(({ Value = "" }) => Value);
}
