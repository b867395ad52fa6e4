// Protects the reading of Prometheus's text format: every form that a label or a value may have, and a
// line that is none is named, never skipped.
import { describe, expect, it } from "vitest";
import { FormatError, parseExposition } from "../../../src/metrics/prometheus/text-format.ts";

function parsed(text: string) {
  const { samples } = parseExposition(text, () => true);
  return samples.map(({ name, labels, value }) => [name, Object.fromEntries(labels), value]);
}

describe("a sample", () => {
  it.each([
    ["up 1", ["up", {}, 1]],
    ["  up\t1  ", ["up", {}, 1]],
    ["up 1 1700000000000", ["up", {}, 1]],
    ["ns:up_total{} 3", ["ns:up_total", {}, 3]],
    ['up{a="1"} 2', ["up", { a: "1" }, 2]],
    ['up{a="1",b="2",} 2', ["up", { a: "1", b: "2" }, 2]],
    ['up { a = "1" , b="2" } 2', ["up", { a: "1", b: "2" }, 2]],
    ['up{a=""} 2', ["up", { a: "" }, 2]],
    ['up{a="} 9",b="x,y"} 2', ["up", { a: "} 9", b: "x,y" }, 2]],
    [String.raw`up{a="C:\\dir\n\"q\""} 2`, ["up", { a: 'C:\\dir\n"q"' }, 2]],
    ["up 1.5e3", ["up", {}, 1500]],
    ["up +Inf", ["up", {}, Infinity]],
    ["up -Inf", ["up", {}, -Infinity]],
    ["up NaN", ["up", {}, Number.NaN]],
    ['up_bucket{le="0.5"} 7 # {trace_id="x"} 0.4 1700000000.1', ["up_bucket", { le: "0.5" }, 7]],
  ])("is read from %s", (line, expected) => {
    expect(parsed(line)).toEqual([expected]);
  });

  it.each([
    ["<!doctype html>", "line 1: it does not begin with a metric's name: <!doctype html>"],
    ["up", 'line 1: "" is not a number: up'],
    ["ok 1\nup one", 'line 2: "one" is not a number: up one'],
    ['up{a="1" 2', 'line 1: its labels cannot be read: up{a="1" 2'],
    ["up{a=1} 2", "line 1: its labels cannot be read: up{a=1} 2"],
    ['up{a="1} 2', 'line 1: its labels cannot be read: up{a="1} 2'],
    ['up{="1"} 2', 'line 1: its labels cannot be read: up{="1"} 2'],
  ])("is not read from %s", (text, message) => {
    expect(() => parsed(text)).toThrow(new FormatError(message));
  });
});

describe("a page", () => {
  const PAGE = [
    "# HELP http_requests_total Requests.",
    "# TYPE http_requests_total counter",
    'http_requests_total{code="200"} 5',
    "",
    "# just a comment",
    "# TYPE idle_total counter",
    "other 1",
    "# EOF",
  ].join("\n");

  it("gives the wanted samples, and every name it declares or uses", () => {
    const { samples, names } = parseExposition(PAGE, (name) => name === "http_requests_total");
    expect(samples.map(({ name }) => name)).toEqual(["http_requests_total"]);
    expect([...names]).toEqual(["http_requests_total", "idle_total", "other"]);
  });

  it("may have lines that end as on Windows", () => {
    expect(parsed("up 1\r\nup 2\r\n")).toHaveLength(2);
  });
});
