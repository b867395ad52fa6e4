import type { Cloud } from "../../../service.ts";
import type { HealthChecks } from "../health/health-checks.ts";
import { CHAIN_MAX } from "../limits.ts";
import { readName, withoutDot } from "../names.ts";
import type { RecordRow } from "../state.ts";
import { chooseRecords } from "./choose.ts";
import type { IndexedZone, ZoneIndex } from "./zone-index.ts";

type RecordType = RecordRow["Type"];

export interface Resolver {
  /** The sets that answer a question this time, aliases within the zone followed. */
  answer(indexed: IndexedZone, name: string, type: RecordType): readonly RecordRow[];
  /**
   * The host name that a name of a public zone leads to this time: drawn anew at each call. Undefined for a name that
   * no zone has, and for one that leads to an address or around in a circle.
   */
  targetOf(host: string): string | undefined;
}

export function createResolver(
  cloud: Cloud,
  zones: ZoneIndex,
  health: Pick<HealthChecks, "isHealthy">,
): Resolver {
  const setsOf = (indexed: IndexedZone, name: string, type: RecordType) =>
    zones.at(indexed, name).filter((record) => record.Type === type);

  /** With its own check and, when the alias asks for it, with the sets of the zone that it targets. */
  const isHealthy = (indexed: IndexedZone, record: RecordRow, depth: number): boolean => {
    const { HealthCheckId: checkId, AliasTarget: alias } = record;
    if (checkId !== undefined && !health.isHealthy(indexed.state, checkId)) return false;
    if (alias?.EvaluateTargetHealth !== true || alias.HostedZoneId !== indexed.zone.id) return true;
    if (depth >= CHAIN_MAX) return false;
    return setsOf(indexed, alias.DNSName ?? "", record.Type).some((target) =>
      isHealthy(indexed, target, depth + 1),
    );
  };

  const choose = (indexed: IndexedZone, name: string, type: RecordType, depth: number) =>
    chooseRecords(setsOf(indexed, name, type), {
      random: cloud.random,
      region: cloud.options.region,
      isHealthy: (record) => isHealthy(indexed, record, depth),
    });

  const answer = (
    indexed: IndexedZone,
    name: string,
    type: RecordType,
    depth: number,
  ): readonly RecordRow[] => {
    if (depth >= CHAIN_MAX) return [];
    return choose(indexed, name, type, depth).flatMap((record) =>
      record.AliasTarget?.HostedZoneId === indexed.zone.id
        ? answer(indexed, record.AliasTarget.DNSName ?? "", type, depth + 1)
        : [record],
    );
  };

  /** One step: the name that an A, AAAA or CNAME set of any account leads to. */
  const step = (name: string): string | undefined => {
    for (const indexed of zones.publicZonesOf(name)) {
      for (const type of HOST_TYPES) {
        const [record] = answer(indexed, name, type, 0);
        if (record !== undefined) {
          return record.AliasTarget?.DNSName ?? nameIn(record);
        }
      }
    }
    return undefined;
  };

  return {
    answer: (indexed, name, type) => answer(indexed, name, type, 0),
    targetOf(host) {
      let target: string | undefined;
      let read = readName(host);
      for (let steps = 0; steps < CHAIN_MAX; steps++) {
        if (read.kind === "fault" || isReserved(read.name)) return bare(target);
        const next = step(read.name);
        if (next === undefined) return bare(target);
        target = next;
        read = readName(next);
      }
      return undefined;
    },
  };
}

const HOST_TYPES = ["A", "AAAA", "CNAME"] as const;

function nameIn({ Type, ResourceRecords }: RecordRow): string | undefined {
  return Type === "CNAME" ? ResourceRecords?.[0]?.Value : undefined;
}

/** Names that no zone may take over: AWS's own, and this machine's. */
const RESERVED = [".amazonaws.com.", ".amazonaws.com.cn.", ".aws.", ".localhost."];

function isReserved(name: string): boolean {
  return RESERVED.some((end) => `.${name}`.endsWith(end)) || /^[\d.]+$/.test(name);
}

/** As doors know it. AWS puts "dualstack." before the names of load balancers. */
function bare(target: string | undefined): string | undefined {
  return target === undefined ? undefined : withoutDot(target).replace(/^dualstack\./, "");
}
