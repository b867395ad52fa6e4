import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type VirtualClock, virtualClock } from "../../src/clock.ts";
import { openStore } from "../../src/storage/sqlite-store.ts";
import { StorageError } from "../../src/storage/store.ts";
import type { EventQuery, LogGroup } from "../../src/telemetry/log-records.ts";
import { createLogStore } from "../../src/telemetry/log-store.ts";

// Protects the log store itself: what is appended is read back at once, in order, after a restart
// too, and only as long as its retention lets it. The services above it are tested over HTTP.

const PLACE = { account: "000000000000", region: "us-east-1" };
const START_MS = Date.UTC(2026, 10, 21, 12);
const DAY_MS = 24 * 3600 * 1000;
const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) cleanUp();
});

function open(directory?: string, memoryBytesMax?: number) {
  const clock: VirtualClock = virtualClock(START_MS, thrown);
  const store = openStore(directory);
  const logs = createLogStore({
    store,
    clock,
    metrics: { series: () => ({ record: () => {} }) },
    onError: thrown,
    memoryBytesMax,
  });
  const close = () => {
    logs.close();
    store.close();
  };
  return { logs, clock, store, close };
}

function thrown(error: unknown): never {
  throw error;
}

function opened(memoryBytesMax?: number): ReturnType<typeof open> {
  const parts = open(undefined, memoryBytesMax);
  cleanUps.push(parts.close);
  return parts;
}

function messages(
  { logs }: ReturnType<typeof open>,
  query: Partial<EventQuery> = {},
  group = "app",
): string[] {
  const events = logs.read(PLACE, group, { order: "oldestFirst", ...query });
  return Array.from(events, ({ message }) => message);
}

const group = (changes: Partial<LogGroup> = {}): LogGroup => ({
  name: "app",
  createdAtMs: START_MS,
  logGroupClass: "STANDARD",
  tags: {},
  metricFilters: [],
  ...changes,
});

describe("append", () => {
  it("creates the group and the stream, and is seen by the next read", () => {
    const parts = opened();
    parts.logs.append(PLACE, "app", "one", [{ atMs: START_MS, message: "hello" }]);
    expect(messages(parts)).toEqual(["hello"]);
    expect(parts.logs.group(PLACE, "app")).toMatchObject({ name: "app", createdAtMs: START_MS });
    expect(parts.logs.streams(PLACE, "app")).toEqual([
      {
        name: "one",
        createdAtMs: START_MS,
        firstEventAtMs: START_MS,
        lastEventAtMs: START_MS,
        lastIngestedAtMs: START_MS,
      },
    ]);
    expect(parts.logs.storedBytes(PLACE, "app")).toBe(5 + 26);
  });

  it("keeps accounts and regions apart", () => {
    const parts = opened();
    parts.logs.append(PLACE, "app", "one", [{ atMs: START_MS, message: "here" }]);
    const elsewhere = { account: PLACE.account, region: "eu-west-1" };
    expect(parts.logs.group(elsewhere, "app")).toBeUndefined();
    expect([...parts.logs.read(elsewhere, "app", { order: "oldestFirst" })]).toEqual([]);
  });
});

describe("read", () => {
  it("orders by time and then by arrival, in both directions, over pages of rows", () => {
    const parts = opened();
    const count = 2500;
    for (let index = 0; index < count; index++) {
      // Two streams, written in turns, every time twice.
      const atMs = START_MS + Math.floor(index / 2);
      parts.logs.append(PLACE, "app", `s${index % 2}`, [{ atMs, message: String(index) }]);
    }
    const all = Array.from({ length: count }, (_, index) => String(index));
    expect(messages(parts)).toEqual(all);
    expect(messages(parts, { order: "newestFirst" })).toEqual(all.toReversed());
    const odd = all.filter((_, index) => index % 2 === 1);
    expect(messages(parts, { streams: new Set(["s1"]) })).toEqual(odd);
    expect(messages(parts, { streams: new Set(["s0", "s1"]) })).toEqual(all);
    expect(messages(parts, { streams: new Set(["nobody"]) })).toEqual([]);
  });

  it("goes on after a position and stays inside the range", () => {
    const parts = opened();
    for (let index = 0; index < 6; index++) {
      parts.logs.append(PLACE, "app", "s", [{ atMs: START_MS + index, message: String(index) }]);
    }
    const events = [...parts.logs.read(PLACE, "app", { order: "oldestFirst" })];
    expect(messages(parts, { after: events[3] })).toEqual(["4", "5"]);
    expect(messages(parts, { after: events[3], order: "newestFirst" })).toEqual(["2", "1", "0"]);
    expect(messages(parts, { fromMs: START_MS + 1, untilMs: START_MS + 3 })).toEqual(["1", "2"]);
    expect(messages(parts, { after: events[0], fromMs: START_MS + 4 })).toEqual(["4", "5"]);
  });
});

describe("retention", () => {
  it("hides and then deletes what is older, by the cloud's clock", async () => {
    const parts = opened();
    parts.logs.putGroup(PLACE, group({ retentionDays: 1 }));
    parts.logs.append(PLACE, "app", "s", [{ atMs: START_MS, message: "old" }]);
    await parts.clock.advance(DAY_MS / 2);
    parts.logs.append(PLACE, "app", "s", [{ atMs: parts.clock.nowMs(), message: "young" }]);
    expect(messages(parts)).toEqual(["old", "young"]);
    await parts.clock.advance(DAY_MS / 2 + 1);
    expect(messages(parts)).toEqual(["young"]);
    expect(parts.logs.storedBytes(PLACE, "app")).toBe(5 + 26);
    parts.logs.putGroup(PLACE, group());
    expect(messages(parts)).toEqual(["young"]);
  });
});

describe("deletion", () => {
  it("takes a stream's events, and a group's streams and events", () => {
    const parts = opened();
    parts.logs.append(PLACE, "app", "a", [{ atMs: START_MS, message: "from a" }]);
    parts.logs.append(PLACE, "app", "b", [{ atMs: START_MS, message: "from b" }]);
    expect(parts.logs.deleteStream(PLACE, "app", "a")).toBe(true);
    expect(parts.logs.deleteStream(PLACE, "app", "a")).toBe(false);
    expect(messages(parts)).toEqual(["from b"]);
    expect(parts.logs.deleteGroup(PLACE, "app")).toBe(true);
    expect(parts.logs.deleteGroup(PLACE, "app")).toBe(false);
    parts.logs.putGroup(PLACE, group());
    expect(messages(parts)).toEqual([]);
    expect(parts.logs.streams(PLACE, "app")).toEqual([]);
  });

  it("forgets everything on reset", () => {
    const parts = opened();
    parts.logs.append(PLACE, "app", "a", [{ atMs: START_MS, message: "x" }]);
    parts.logs.reset();
    expect(parts.logs.groups(PLACE)).toEqual([]);
    expect(messages(parts)).toEqual([]);
  });
});

describe("without a data directory", () => {
  it("the oldest events go when memory is full, over all groups", () => {
    const parts = opened(10_000);
    for (let index = 0; index < 200; index++) {
      const name = index % 2 === 0 ? "app" : "other";
      const message = String(index).padStart(74, "0");
      parts.logs.append(PLACE, name, "s", [{ atMs: START_MS, message }]);
    }
    const [left, right] = [messages(parts), messages(parts, {}, "other")];
    const bytes = parts.logs.storedBytes(PLACE, "app") + parts.logs.storedBytes(PLACE, "other");
    expect(bytes).toBe((left.length + right.length) * 100);
    expect(bytes).toBeLessThanOrEqual(10_000);
    expect(bytes).toBeGreaterThan(8_000);
    expect(Number(left.at(-1))).toBe(198);
    expect(Number(right.at(-1))).toBe(199);
  });
});

describe("a disk that is full", () => {
  it("refuses a flush, and has everything once there is room again", () => {
    const parts = opened();
    parts.logs.append(PLACE, "app", "s", [{ atMs: START_MS, message: "before" }]);
    parts.logs.flush();
    const pages = parts.store.sqlite.prepare("PRAGMA page_count").get()?.["page_count"];
    parts.store.sqlite.exec(`PRAGMA max_page_count = ${Number(pages)}`);
    const message = "x".repeat(100_000);
    parts.logs.append(PLACE, "app", "s", [{ atMs: START_MS, message }]);
    expect(() => parts.logs.flush()).toThrow(StorageError);
    expect(() => parts.logs.putGroup(PLACE, group({ retentionDays: 1 }))).toThrow(StorageError);
    expect(parts.logs.group(PLACE, "app")?.retentionDays).toBeUndefined();
    parts.store.sqlite.exec("PRAGMA max_page_count = 1000000");
    parts.logs.flush();
    expect(messages(parts)).toEqual(["before", message]);
  });

  it("refuses events that must be durable, and never has them", () => {
    const parts = opened();
    parts.logs.appendDurably(PLACE, "app", "s", [{ atMs: START_MS, message: "before" }]);
    const pages = parts.store.sqlite.prepare("PRAGMA page_count").get()?.["page_count"];
    parts.store.sqlite.exec(`PRAGMA max_page_count = ${Number(pages)}`);
    const events = [{ atMs: START_MS, message: "x".repeat(100_000) }];
    const bytes = parts.logs.storedBytes(PLACE, "app");
    expect(() => parts.logs.appendDurably(PLACE, "app", "s", events)).toThrow(StorageError);
    expect(messages(parts)).toEqual(["before"]);
    expect(parts.logs.storedBytes(PLACE, "app")).toBe(bytes);
    parts.store.sqlite.exec("PRAGMA max_page_count = 1000000");
    parts.logs.appendDurably(PLACE, "app", "s", [{ atMs: START_MS, message: "after" }]);
    expect(messages(parts)).toEqual(["before", "after"]);
  });
});

describe("with a data directory", () => {
  function directory(): string {
    const path = mkdtempSync(join(tmpdir(), "headgate-log-store-"));
    cleanUps.push(() => rmSync(path, { recursive: true }));
    return path;
  }

  it("reads groups, streams, events and sizes back after a restart", () => {
    const path = directory();
    const before = open(path);
    before.logs.putGroup(PLACE, group({ retentionDays: 7, tags: { team: "shop" } }));
    before.logs.append(PLACE, "app", "s", [{ atMs: START_MS, message: "grüße" }]);
    before.close();

    const after = open(path);
    cleanUps.push(after.close);
    expect(messages(after)).toEqual(["grüße"]);
    expect(after.logs.group(PLACE, "app")).toEqual(
      group({ retentionDays: 7, tags: { team: "shop" } }),
    );
    expect(after.logs.storedBytes(PLACE, "app")).toBe(7 + 26);
    after.logs.append(PLACE, "app", "s", [{ atMs: START_MS, message: "next" }]);
    const ids = [...after.logs.read(PLACE, "app", { order: "oldestFirst" })].map(({ id }) => id);
    expect(ids).toEqual([1, 2]);
  });

  it("has on disk what was flushed, even when the process dies", () => {
    const path = directory();
    const writer = open(path);
    writer.logs.append(PLACE, "app", "s", [{ atMs: START_MS, message: "kept" }]);
    writer.logs.flush();
    writer.logs.append(PLACE, "app", "s", [{ atMs: START_MS, message: "in the buffer" }]);
    // Another connection sees the file as a new process would.
    const reader = open(path);
    expect(messages(reader)).toEqual(["kept"]);
    reader.close();
    writer.close();
  });
});
