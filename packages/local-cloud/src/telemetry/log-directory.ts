import type { LogGroup } from "./log-records.ts";
import type { LogTables } from "./log-tables.ts";
import { type ApplyMetricFilters, compileMetricFilters } from "./metric-filters.ts";
import type { Place } from "./metric-sink.ts";

export interface GroupState {
  readonly id: number;
  readonly place: Place;
  record: LogGroup;
  readonly streams: Map<string, StreamState>;
  readonly streamNames: Map<number, string>;
  /** Undefined for most groups: they have no metric filter. */
  applyMetricFilters: ApplyMetricFilters | undefined;
  bytes: number;
}

export interface StreamState {
  readonly id: number;
  readonly group: GroupState;
  readonly name: string;
  readonly createdAtMs: number;
  firstEventAtMs: number | undefined;
  lastEventAtMs: number | undefined;
  lastIngestedAtMs: number | undefined;
}

/**
 * Groups and streams in memory, found by name on every append, and which of them the disk does not
 * know yet.
 */
export class LogDirectory {
  readonly #places = new Map<string, Map<string, GroupState>>();
  readonly #byId = new Map<number, GroupState>();
  readonly #dirtyGroups = new Set<GroupState>();
  readonly #dirtyStreams = new Set<StreamState>();
  #lastGroupId = 0;
  #lastStreamId = 0;
  totalBytes = 0;

  static load(tables: LogTables): LogDirectory {
    const directory = new LogDirectory();
    for (const { id, account, region, record, bytes } of tables.loadGroups()) {
      directory.putGroup({ account, region }, id, record).bytes = bytes;
      directory.totalBytes += bytes;
    }
    for (const { groupId, ...row } of tables.loadStreams()) {
      const group = directory.#byId.get(groupId);
      if (group !== undefined) directory.#addStream({ ...row, group });
    }
    return directory;
  }

  /** Finds the stream, creating it and its group when they are missing. */
  openStream(place: Place, groupName: string, name: string, nowMs: number): StreamState {
    const group = this.group(place, groupName) ?? this.#newGroup(place, groupName, nowMs);
    return group.streams.get(name) ?? this.#newStream(group, name, nowMs);
  }

  #newGroup(place: Place, name: string, nowMs: number): GroupState {
    const group = this.putGroup(place, this.nextGroupId(), newLogGroup(name, nowMs));
    this.#dirtyGroups.add(group);
    return group;
  }

  #newStream(group: GroupState, name: string, nowMs: number): StreamState {
    const stream: StreamState = {
      id: this.#lastStreamId + 1,
      group,
      name,
      createdAtMs: nowMs,
      firstEventAtMs: undefined,
      lastEventAtMs: undefined,
      lastIngestedAtMs: undefined,
    };
    this.#addStream(stream);
    this.#dirtyStreams.add(stream);
    return stream;
  }

  #addStream(stream: StreamState): void {
    this.#lastStreamId = Math.max(this.#lastStreamId, stream.id);
    stream.group.streams.set(stream.name, stream);
    stream.group.streamNames.set(stream.id, stream.name);
  }

  noteEvent(stream: StreamState, atMs: number, nowMs: number, bytes: number): void {
    if (stream.firstEventAtMs === undefined || atMs < stream.firstEventAtMs) {
      stream.firstEventAtMs = atMs;
    }
    if (stream.lastEventAtMs === undefined || atMs > stream.lastEventAtMs) {
      stream.lastEventAtMs = atMs;
    }
    stream.lastIngestedAtMs = nowMs;
    stream.group.bytes += bytes;
    this.totalBytes += bytes;
    this.#dirtyStreams.add(stream);
    this.#dirtyGroups.add(stream.group);
  }

  forgetBytes(groupId: number, bytes: number): void {
    const group = this.#byId.get(groupId);
    if (group === undefined || bytes === 0) return;
    group.bytes -= bytes;
    this.totalBytes -= bytes;
    this.#dirtyGroups.add(group);
  }

  get isDirty(): boolean {
    return this.#dirtyGroups.size > 0 || this.#dirtyStreams.size > 0;
  }

  save(tables: LogTables): void {
    for (const { id, place, bytes, record } of this.#dirtyGroups) {
      tables.saveGroup({ id, ...place, bytes, record });
    }
    for (const { group, ...stream } of this.#dirtyStreams) {
      tables.saveStream({ ...stream, groupId: group.id });
    }
  }

  saved(): void {
    this.#dirtyGroups.clear();
    this.#dirtyStreams.clear();
  }

  allGroups(): IterableIterator<GroupState> {
    return this.#byId.values();
  }

  groups(place: Place): GroupState[] {
    const groups = [...(this.#places.get(placeKey(place))?.values() ?? [])];
    return groups.sort((a, b) => (a.record.name < b.record.name ? -1 : 1));
  }

  group(place: Place, name: string): GroupState | undefined {
    return this.#places.get(placeKey(place))?.get(name);
  }

  nextGroupId(): number {
    return this.#lastGroupId + 1;
  }

  /** Creates the group of this id or replaces its record. */
  putGroup(place: Place, id: number, record: LogGroup): GroupState {
    const group = this.#byId.get(id) ?? this.#addGroup(place, id, record);
    group.record = record;
    group.applyMetricFilters = compileMetricFilters(record.metricFilters);
    return group;
  }

  #addGroup(place: Place, id: number, record: LogGroup): GroupState {
    const group: GroupState = {
      id,
      place: { account: place.account, region: place.region },
      record,
      streams: new Map(),
      streamNames: new Map(),
      applyMetricFilters: undefined,
      bytes: 0,
    };
    const key = placeKey(place);
    const inPlace = this.#places.get(key) ?? new Map<string, GroupState>();
    this.#places.set(key, inPlace.set(record.name, group));
    this.#byId.set(id, group);
    this.#lastGroupId = Math.max(this.#lastGroupId, id);
    return group;
  }

  deleteGroup(place: Place, name: string): void {
    const group = this.group(place, name);
    if (group === undefined) return;
    for (const stream of group.streams.values()) this.#dirtyStreams.delete(stream);
    this.#dirtyGroups.delete(group);
    this.totalBytes -= group.bytes;
    this.#byId.delete(group.id);
    this.#places.get(placeKey(place))?.delete(name);
  }

  streams(place: Place, group: string): StreamState[] {
    const streams = [...(this.group(place, group)?.streams.values() ?? [])];
    return streams.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  stream(place: Place, group: string, name: string): StreamState | undefined {
    return this.group(place, group)?.streams.get(name);
  }

  deleteStream(place: Place, group: string, name: string): void {
    const stream = this.stream(place, group, name);
    if (stream === undefined) return;
    this.#dirtyStreams.delete(stream);
    stream.group.streams.delete(name);
    stream.group.streamNames.delete(stream.id);
  }
}

/** A group as it is right after its creation, by a call or by a first event. */
export function newLogGroup(name: string, nowMs: number): LogGroup {
  return { name, createdAtMs: nowMs, logGroupClass: "STANDARD", tags: {}, metricFilters: [] };
}

function placeKey({ account, region }: Place): string {
  return `${account} ${region}`;
}
