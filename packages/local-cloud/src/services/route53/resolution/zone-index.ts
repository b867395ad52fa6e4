import type { AccountState, RecordRow, Route53, ZoneRow } from "../state.ts";
import { WILDCARD_LABEL } from "../names.ts";

export interface IndexedZone {
  readonly state: AccountState;
  readonly zone: ZoneRow;
}

/** Finds zones and sets by name at the speed of requests. What it built is dropped when something changes. */
export class ZoneIndex {
  readonly #route53: Route53;
  #zones: Map<string, IndexedZone[]> | undefined;
  readonly #records = new Map<string, Map<string, RecordRow[]>>();

  constructor(route53: Route53) {
    this.#route53 = route53;
  }

  changed(): void {
    this.#zones = undefined;
    this.#records.clear();
  }

  /** The public zones that a name lies in, the longest first. Accounts may have zones of the same name. */
  publicZonesOf(name: string): IndexedZone[] {
    const zones = (this.#zones ??= this.#readZones());
    if (zones.size === 0) return [];
    const labels = name.split(".");
    return labels.flatMap((_label, index) => zones.get(labels.slice(index).join(".")) ?? []);
  }

  /** The sets at a name, or of the wildcard that covers it. Source: AWS docs, "Using an asterisk (*)". */
  at(indexed: IndexedZone, name: string): readonly RecordRow[] {
    const byName = this.#recordsOf(indexed);
    const exact = byName.get(name);
    if (exact !== undefined) return exact;
    for (let rest = parentOf(name); rest.endsWith(indexed.zone.name); rest = parentOf(rest)) {
      const covered = byName.get(`${WILDCARD_LABEL}.${rest}`);
      if (covered !== undefined) return covered;
      // A name that is there hides the wildcards above it.
      if (byName.has(rest)) return [];
    }
    return [];
  }

  #readZones(): Map<string, IndexedZone[]> {
    const zones = new Map<string, IndexedZone[]>();
    for (const state of this.#route53.accounts()) {
      for (const zone of state.zones.values()) {
        if (zone.isPrivate) continue;
        zones.set(zone.name, [...(zones.get(zone.name) ?? []), { state, zone }]);
      }
    }
    return zones;
  }

  #recordsOf({ state, zone }: IndexedZone): Map<string, RecordRow[]> {
    const key = `${state.account}/${zone.id}`;
    const known = this.#records.get(key);
    if (known !== undefined) return known;
    const byName = new Map<string, RecordRow[]>();
    for (const record of state.records(zone.id).values()) {
      const sets = byName.get(record.Name);
      if (sets === undefined) byName.set(record.Name, [record]);
      else sets.push(record);
    }
    this.#records.set(key, byName);
    return byName;
  }
}

function parentOf(name: string): string {
  return name.slice(name.indexOf(".") + 1);
}
