import { describe, expect, it } from "vitest";
import { Demultiplexer } from "../../../src/data-plane/tasks/containers/multiplexed.ts";
import { OutputLines } from "../../../src/data-plane/tasks/output-lines.ts";

// Protects what containers say: no byte is lost or mixed up, however the output was cut on its way.

function frame(kind: 1 | 2, text: string): Buffer {
  const head = Buffer.alloc(8);
  head[0] = kind;
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
}

describe("the output of an engine", () => {
  const all = Buffer.concat([
    frame(1, "out 1\nout"),
    frame(2, "err\n"),
    frame(1, ""),
    frame(1, " 2\n"),
  ]);

  it.each([1, 3, 8, 11, all.length])("is taken apart when it comes %i bytes at a time", (size) => {
    const said = { stdout: "", stderr: "" };
    const split = new Demultiplexer((bytes, stream) => {
      said[stream] += bytes.toString("utf8");
    });
    for (let at = 0; at < all.length; at += size) split.write(all.subarray(at, at + size));
    expect(said).toEqual({ stdout: "out 1\nout 2\n", stderr: "err\n" });
  });
});

describe("lines", () => {
  const linesOf = (...chunks: readonly Buffer[]): string[] => {
    const lines: string[] = [];
    const output = new OutputLines((line) => void lines.push(line));
    for (const chunk of chunks) output.write(chunk);
    output.end();
    return lines;
  };

  it("are whole, without their ends, empty ones too, and the last without its own", () => {
    expect(linesOf(Buffer.from("a\n\nb\r\nc"))).toEqual(["a", "", "b", "c"]);
  });

  it("keep characters that were cut on the way", () => {
    const bytes = Buffer.from("über\n");
    expect(linesOf(bytes.subarray(0, 1), bytes.subarray(1))).toEqual(["über"]);
  });

  it("become several beyond the limit, never cut inside a character", () => {
    const lines = linesOf(Buffer.from(`${"ü".repeat(200_000)}\n`));
    expect(lines.join("")).toBe("ü".repeat(200_000));
    expect(lines.map((line) => Buffer.byteLength(line) <= 262_118)).toEqual([true, true]);
  });
});
