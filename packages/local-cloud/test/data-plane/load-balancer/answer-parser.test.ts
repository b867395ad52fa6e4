/*
 * Protects how answers of targets are read: the same however the network cuts them, with the end where HTTP says it
 * is, and refused where two readers could disagree on that, since the next answer on the connection would be another's.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  type AnswerHead,
  AnswerParser,
} from "../../../src/data-plane/load-balancer/answer-parser.ts";

interface Read {
  head: AnswerHead | undefined;
  body: string;
  ends: number;
  refused: string | undefined;
}

/** Feeds the bytes in pieces of these sizes, again and again. */
function read(text: string, { method = "GET", cuts = [text.length], close = false } = {}): Read {
  const seen: Read = { head: undefined, body: "", ends: 0, refused: undefined };
  const parser = new AnswerParser(
    {
      head: (head) => (seen.head = head),
      data: (chunk) => (seen.body += chunk.toString("latin1")),
      end: () => seen.ends++,
    },
    method,
  );
  const bytes = Buffer.from(text, "latin1");
  try {
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const size = Math.max(1, cuts[turn % cuts.length] ?? 1);
      parser.feed(bytes.subarray(at, at + size));
      at += size;
    }
    if (close) parser.close();
  } catch (error) {
    seen.refused = error instanceof Error ? error.message : String(error);
  }
  return seen;
}

const OK = "HTTP/1.1 200 OK\r\n";
const whole: readonly (readonly [string, string, Parameters<typeof read>[1], Partial<Read>])[] = [
  ["a length", `${OK}content-length: 5\r\n\r\nhello`, {}, { body: "hello", ends: 1 }],
  ["no body", `${OK}content-length: 0\r\n\r\n`, {}, { body: "", ends: 1 }],
  [
    "chunks, their extensions and trailers",
    `${OK}transfer-encoding: chunked\r\n\r\n5;a=b\r\nhello\r\nA\r\n, everyone\r\n0\r\nx-sum: 1\r\n\r\n`,
    {},
    { body: "hello, everyone", ends: 1 },
  ],
  [
    "the end of the connection",
    `${OK}\r\nto the end`,
    { close: true },
    { body: "to the end", ends: 1 },
  ],
  [
    "an answer to HEAD",
    `${OK}content-length: 5\r\n\r\n`,
    { method: "HEAD" },
    { body: "", ends: 1 },
  ],
  ["a 204", "HTTP/1.1 204 No Content\r\n\r\n", {}, { body: "", ends: 1 }],
  ["a 304 with a length", "HTTP/1.1 304 \r\ncontent-length: 9\r\n\r\n", {}, { body: "", ends: 1 }],
  [
    "interim answers",
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${OK}content-length: 2\r\n\r\nok`,
    {},
    { body: "ok", ends: 1 },
  ],
];

it.each(whole)("reads %s, however it is cut", (_name, text, options, expected) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (cuts) => {
      expect(read(text, { ...options, cuts })).toMatchObject({ ...expected, refused: undefined });
    }),
    { numRuns: 200 },
  );
});

it("keeps the names and the order of headers, without those of the connection", () => {
  const { head } = read(
    `${OK}Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nKeep-Alive: timeout=5\r\nConnection: keep-alive\r\nX-Y:  z \r\nContent-Length: 0\r\n\r\n`,
  );
  expect(head?.headers.join("|")).toBe("Set-Cookie|a=1|Set-Cookie|b=2|X-Y|z|Content-Length|0");
  expect(head).toMatchObject({ isKept: true, keptSeconds: 5 });
});

it.each([
  ["HTTP/1.1", "content-length: 0", true],
  ["HTTP/1.1", "content-length: 0\r\nconnection: close", false],
  ["HTTP/1.0", "content-length: 0", false],
  ["HTTP/1.0", "content-length: 0\r\nconnection: keep-alive", true],
  ["HTTP/1.1", "x: the end of the connection is the end of the body", false],
])("knows whether the connection is kept: %s, %s", (version, headers, isKept) => {
  expect(read(`${version} 200 OK\r\n${headers}\r\n\r\n`).head?.isKept).toBe(isKept);
});

it.each([
  ["no status line", "hello\r\n\r\n"],
  ["HTTP/2", "HTTP/2 200 OK\r\n\r\n"],
  ["a status of two digits", "HTTP/1.1 99 X\r\n\r\n"],
  ["a switch of protocols that nobody asked for", "HTTP/1.1 101 X\r\n\r\n"],
  ["two lengths", `${OK}content-length: 1\r\ncontent-length: 2\r\n\r\nab`],
  ["a length and chunks", `${OK}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
  ["a length that is no number", `${OK}content-length: +1\r\n\r\na`],
  ["another transfer encoding", `${OK}transfer-encoding: gzip, chunked\r\n\r\n`],
  ["a folded header", `${OK}x: a\r\n b\r\n\r\n`],
  ["a space before the colon", `${OK}content-length : 1\r\n\r\na`],
  ["a bare line feed", `${OK}x: a\ncontent-length: 1\r\n\r\na`],
  ["a control character", `${OK}x: a\u0000b\r\n\r\n`],
  ["a chunk's size that is no number", `${OK}transfer-encoding: chunked\r\n\r\n-1\r\n`],
  ["a chunk's size with a prefix", `${OK}transfer-encoding: chunked\r\n\r\n0x5\r\nhello\r\n`],
  ["a chunk that is longer than its size", `${OK}transfer-encoding: chunked\r\n\r\n2\r\nhello\r\n`],
  ["bytes after the end", `${OK}content-length: 1\r\n\r\nab`],
  ["32 KiB of headers", `${OK}x: ${"x".repeat(33 * 1024)}\r\n\r\n`],
  ["headers without an end", `${OK}${"x: y\r\n".repeat(6000)}`],
  [
    "trailers without an end",
    `${OK}transfer-encoding: chunked\r\n\r\n0\r\n${"x: y\r\n".repeat(6000)}`,
  ],
])("refuses %s", (_name, text) => {
  expect(read(text, { cuts: [1000] }).refused).toBeDefined();
});

it("does not take the end of the connection for the end of a counted body", () => {
  expect(read(`${OK}content-length: 9\r\n\r\nshort`, { close: true }).ends).toBe(0);
  expect(read(`${OK}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n`, { close: true }).ends).toBe(
    0,
  );
});
