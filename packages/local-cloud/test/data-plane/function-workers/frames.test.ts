// Protects the framing between the cloud and its bootstraps: frames survive any way of cutting the stream, and
// an answer over the limit is skipped without being kept.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  eventFrame,
  type Frame,
  FrameReader,
} from "../../../src/data-plane/function-workers/frames.ts";

function answerFrame(letter: string, header: string, payload: Uint8Array): Buffer {
  const frame = Buffer.concat(eventFrame(header, payload));
  frame[0] = letter.charCodeAt(0);
  return frame;
}

function readAll(chunks: readonly Buffer[], limit: number): Frame[] {
  const frames: Frame[] = [];
  const reader = new FrameReader(limit, (frame) => frames.push(frame));
  for (const chunk of chunks) reader.push(chunk);
  return frames;
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  );
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

describe("FrameReader", () => {
  it("reads the same frames however the stream is cut", () => {
    const message = fc.record({
      letter: fc.constantFrom("A", "I", "R", "E", "F"),
      header: fc.string({ maxLength: 20, unit: "grapheme" }),
      payload: fc.uint8Array({ maxLength: 200 }),
    });
    const limit = 100;
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (messages, cuts) => {
          const bytes = Buffer.concat(
            messages.map(({ letter, header, payload }) => answerFrame(letter, header, payload)),
          );
          const frames = readAll(cut(bytes, cuts), limit);
          expect(frames.map(({ header }) => header)).toEqual(messages.map(({ header }) => header));
          for (const [index, { payload }] of messages.entries()) {
            const kept = payload.length > limit ? undefined : Buffer.from(payload);
            expect(frames[index]?.payload).toEqual(kept);
          }
        },
      ),
    );
  });

  it("refuses bytes that are no frame", () => {
    expect(() => readAll([Buffer.from("hello, world")], 1 << 30)).toThrow(RangeError);
  });

  it("refuses a header that is too long before any of it is kept", () => {
    const prefix = Buffer.from([0x52, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    expect(() => readAll([prefix], 1 << 30)).toThrow("a header of 4294967295 bytes");
  });

  it("copies a small event into one buffer and leaves a large one alone", () => {
    expect(eventFrame("{}", new Uint8Array(10))).toHaveLength(1);
    const large = new Uint8Array(1024 * 1024);
    expect(eventFrame("{}", large)[1]).toBe(large);
  });
});
