// Protects the rules for what a function behind AWS_PROXY may return; everything else is a 502.
import { describe, expect, it } from "vitest";
import { readProxyResponse } from "../../../src/data-plane/execute-api/integrations/proxy-response.ts";

const read = (value: unknown) => readProxyResponse(JSON.stringify(value));

/** "name: value", from a list that alternates names and values. */
function lines(headers: readonly string[]): string[] {
  return headers.flatMap((name, index) =>
    index % 2 === 0 ? [`${name}: ${headers[index + 1]}`] : [],
  );
}

describe("readProxyResponse", () => {
  it("fills in what is missing", () => {
    expect(read({ headers: { "test-header": "value" } })).toEqual({
      status: 200,
      headers: ["test-header", "value", "Content-Type", "application/json"],
      body: "",
      isBase64Encoded: false,
    });
    expect(read({ statusCode: "201", headers: null, body: null }).status).toBe(201);
  });

  it("merges the two header maps, the list's case and values first", () => {
    const { headers } = read({
      headers: { "test-multi": "solo", flag: true, "content-type": "text/plain" },
      multiValueHeaders: { "tesT-Multi": ["multi"] },
    });
    expect(lines(headers)).toEqual([
      "tesT-Multi: multi",
      "tesT-Multi: solo",
      "flag: true",
      "content-type: text/plain",
    ]);
  });

  it("renames headers that belong to the connection", () => {
    const { headers } = read({ headers: { Connection: "close", "Content-Length": "3" } });
    expect(lines(headers).slice(0, 2)).toEqual([
      "x-amzn-Remapped-Connection: close",
      "x-amzn-Remapped-Content-Length: 3",
    ]);
  });

  it.each([
    ["a string", "justAString"],
    ["a list", []],
    ["null", null],
    ["an unknown member", { statusCode: 200, wrongValue: "value" }],
    ["a body that is not a string", { statusCode: 200, body: { a: 1 } }],
    ["a status that is no number", { statusCode: "test" }],
    ["a status that is no HTTP status", { statusCode: 42 }],
    ["headers that are no map", { headers: ["a"] }],
    ["a header that is a list", { headers: { a: ["b"] } }],
    ["multiValueHeaders with a plain value", { multiValueHeaders: { a: "b" } }],
    ["a header that would end the headers", { headers: { a: "b\r\nc: d" } }],
    ["isBase64Encoded that is no boolean", { isBase64Encoded: "yes" }],
  ])("refuses %s", (_what, value) => {
    expect(() => read(value)).toThrow("Internal server error");
  });

  it("refuses what is not JSON", () => {
    expect(() => readProxyResponse("undefined")).toThrow("Internal server error");
  });
});
