// Protects how bytes of standard output become log events: lines, characters cut in two, the 4 KB tail, and
// memory under a flood.
import { beforeEach, describe, expect, it } from "vitest";
import { virtualClock } from "../../../src/clock.ts";
import {
  LOG_EVENT_BYTES_MAX,
  LOG_TAIL_BYTES,
} from "../../../src/data-plane/function-workers/limits.ts";
import { WorkerLog } from "../../../src/data-plane/function-workers/worker-log.ts";
import type { LogEvent } from "../../../src/telemetry/log-sink.ts";

let sent: (readonly LogEvent[])[];
let log: WorkerLog;
beforeEach(() => {
  sent = [];
  const clock = virtualClock(1000, () => {});
  const target = { account: "000000000000", region: "us-east-1", group: "/g", stream: "s" };
  log = new WorkerLog(
    { append: (_place, _group, _stream, events) => void sent.push(events) },
    clock,
    target,
  );
});

const messages = () => sent.flat().map(({ message }) => message);

describe("WorkerLog", () => {
  it("makes one event of each line, wherever the bytes were cut", () => {
    const bytes = Buffer.from("first é\nsecond\n\nrest");
    for (let index = 0; index < bytes.length; index++) log.output(bytes.subarray(index, index + 1));
    log.endInvocation();
    expect(messages()).toEqual(["first é\n", "second\n", "\n", "rest\n"]);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.[0]?.atMs).toBe(1000);
  });

  it("puts an unfinished line before the platform's next one", () => {
    log.output(Buffer.from("unfinished"));
    log.platform("END\n");
    log.endInvocation();
    expect(messages()).toEqual(["unfinished\n", "END\n"]);
  });

  it("keeps many lines in one event where the runtime asks for it", () => {
    log.output(Buffer.from("a\x1eb\n"));
    log.endInvocation();
    expect(messages()).toEqual(["a\nb\n"]);
  });

  it("gives each invocation the tail of its own lines only", () => {
    log.platform("INIT_START\n");
    log.beginInvocation();
    log.platform("START 1\n");
    expect(log.endInvocation()).toBe("START 1\n");
    log.output(Buffer.from("between\n"));
    log.beginInvocation();
    log.platform("START 2\n");
    expect(log.endInvocation()).toBe("START 2\n");
    expect(messages()).toEqual(["INIT_START\n", "START 1\n", "between\n", "START 2\n"]);
  });

  it("cuts the tail to 4 KB of whole characters", () => {
    log.beginInvocation();
    log.output(Buffer.from(`${"é".repeat(4000)}\nend\n`));
    const tail = log.endInvocation();
    expect(Buffer.byteLength(tail)).toBeLessThanOrEqual(LOG_TAIL_BYTES);
    expect(Buffer.byteLength(tail)).toBeGreaterThan(LOG_TAIL_BYTES - 4);
    expect(tail).toMatch(/^é+\nend\n$/);
  });

  it("sends a flood before the invocation ends and still knows its tail", () => {
    log.beginInvocation();
    const line = Buffer.from(`${"x".repeat(1023)}\n`);
    for (let count = 0; count < 3000; count++) log.output(line);
    expect(sent.length).toBeGreaterThan(1);
    log.platform("END\n");
    const tail = log.endInvocation();
    expect(tail.endsWith("x\nEND\n")).toBe(true);
    expect(tail).toHaveLength(LOG_TAIL_BYTES);
    expect(messages()).toHaveLength(3001);
  });

  it("cuts a line that is longer than an event may be", () => {
    log.output(Buffer.from(`${"é".repeat(LOG_EVENT_BYTES_MAX)}\n`));
    log.endInvocation();
    expect(messages().join("").replaceAll("\n", "")).toBe("é".repeat(LOG_EVENT_BYTES_MAX));
    for (const message of messages()) {
      expect(Buffer.byteLength(message)).toBeLessThanOrEqual(LOG_EVENT_BYTES_MAX);
    }
  });
});
