// Whatever arrives, the answer is an AWS error that the sender's SDK can read: never a crash, a hang or
// a half-read input. First by example for each protocol, then with random bytes.
import { gzipSync } from "node:zlib";
import {
  array,
  assert,
  asyncProperty,
  constantFrom,
  json as anyJson,
  oneof,
  string,
  tuple,
  uint8Array,
} from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { INFLATED_BODY_MAX_BYTES } from "../../src/wire/wire-request.ts";
import { raw, scope, type RawRequest } from "./raw-request.ts";
import { startWireServer, type WireServer } from "./wire-server.ts";

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer();
  server.answer(() => ({}));
});
afterAll(() => server.close());

type Body = string | Uint8Array;
const FORM = "application/x-www-form-urlencoded";
const restJson = (body: Body): RawRequest => ({
  path: "/2015-03-31/functions",
  headers: scope("lambda"),
  body,
});
const logs = (body: Body): RawRequest => ({
  headers: { ...scope("logs"), "x-amz-target": "Logs_20140328.GetLogEvents" },
  body,
});
const cloudwatchJson = (body: Body): RawRequest => ({
  headers: {
    ...scope("monitoring"),
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": "GraniteServiceVersion20100801.PutMetricData",
  },
  body,
});
const rpcv2 =
  (format: "cbor" | "json") =>
  (body: Body): RawRequest => ({
    path: "/service/GraniteServiceVersion20100801/operation/PutMetricData",
    headers: { ...scope("monitoring"), "smithy-protocol": `rpc-v2-${format}` },
    body,
  });
const awsQuery = (body: Body): RawRequest => ({
  headers: { ...scope("sts"), "content-type": FORM },
  body,
});
const ec2Query = (body: Body): RawRequest => ({
  headers: { ...scope("ec2"), "content-type": FORM },
  body,
});
const restXml = (body: Body): RawRequest => ({
  path: "/2013-04-01/hostedzone",
  headers: scope("route53"),
  body,
});

const ASSUME =
  "Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::1:role/r&RoleSessionName=s12&";
const CBOR_LIST_WITHOUT_END = Buffer.from([0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);

describe("malformed and mistyped bodies", () => {
  it.each<[what: string, RawRequest, text: RegExp]>([
    ["restJson: no JSON", restJson("{"), /JSON/],
    ["restJson: not UTF-8", restJson(Buffer.from([0x7b, 0xff, 0x7d])), /UTF-8/],
    ["restJson: a list", restJson("[]"), /class java.util.ArrayList can not be converted/],
    ["restJson: null", restJson("null"), /null can not be converted/],
    [
      "restJson: a number for a string",
      restJson('{"FunctionName":5}'),
      /class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String/,
    ],
    [
      "restJson: a boolean for a string",
      restJson('{"FunctionName":true}'),
      /class java.lang.Boolean can not be converted to an String/,
    ],
    ["restJson: a string for an integer", restJson('{"MemorySize":"5"}'), /to an Integer/],
    ["restJson: a string for a structure", restJson('{"Code":"x"}'), /to an Structure/],
    ["restJson: a list for a map", restJson('{"Environment":{"Variables":[]}}'), /Structure/],
    ["restJson: no base64", restJson('{"Code":{"ZipFile":"***"}}'), /base64/],
    ["awsJson1_1: no JSON", logs('{"a":'), /JSON/],
    ["awsJson1_1: no timestamp", cloudwatchJson('{"MetricData":[{"Timestamp":"x"}]}'), /timestamp/],
    ["awsJson1_1: far time", cloudwatchJson('{"MetricData":[{"Timestamp":1e300}]}'), /timestamp/],
    ["awsJson1_0: an object for a list", cloudwatchJson('{"MetricData":{}}'), /to an List/],
    ["rpcv2Cbor: no CBOR", rpcv2("cbor")(Buffer.from([0xff])), /CBOR|converted/],
    ["rpcv2Cbor: a list of 2^64", rpcv2("cbor")(CBOR_LIST_WITHOUT_END), /CBOR/],
    ["rpcv2Cbor: very deep", rpcv2("cbor")(Buffer.alloc(1_000_000, 0x81)), /CBOR|converted/],
    ["rpcv2Json: no JSON", rpcv2("json")("}"), /JSON/],
    ["awsQuery: no number", awsQuery(`${ASSUME}DurationSeconds=abc`), /&quot;abc&quot; can not be/],
    ["awsQuery: half a number", awsQuery(`${ASSUME}DurationSeconds=12.5`), /can not be converted/],
    ["awsQuery: no list index", awsQuery(`${ASSUME}Tags.member.x.Key=a`), /list index x/],
    ["awsQuery: a value under a scalar", awsQuery(`${ASSUME}DurationSeconds.a=1`), /structure/],
    ["awsQuery: very deep", awsQuery(`${ASSUME}Tags${".1".repeat(100)}=1`), /too deeply/],
    ["ec2Query: no boolean", ec2Query("Action=DescribeVpcs&DryRun=maybe"), /&quot;maybe&quot;/],
    ["restXml: no XML", restXml("<a"), /XML/],
    ["restXml: unclosed", restXml("<a><b></a>"), /XML/],
    ["restXml: two roots", restXml("<a/><b/>"), /XML/],
    ["restXml: text only", restXml("hello"), /XML/],
    ["restXml: a document type", restXml('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'), /XML/],
    ["restXml: an unknown entity", restXml("<a>&x;</a>"), /XML/],
    ["restXml: very deep", restXml("<a>".repeat(5000)), /XML/],
    [
      "restXml: a structure for a string",
      restXml("<CreateHostedZoneRequest><Name><x/></Name></CreateHostedZoneRequest>"),
      /Start of structure or map found where not expected/,
    ],
    [
      "awsQuery: gzip that is none",
      { ...awsQuery("x"), headers: { ...awsQuery("").headers, "content-encoding": "gzip" } },
      /^<ErrorResponse .*gzip/,
    ],
    [
      "restJson: gzip that is none",
      { ...restJson("x"), headers: { ...scope("lambda"), "content-encoding": "gzip" } },
      /gzip/,
    ],
    [
      "restXml: another root",
      restXml("<r><Name>a</Name></r>"),
      /<Message>r is not valid, expected CreateHostedZoneRequest</,
    ],
  ])("%s", async (what, request, text) => {
    const answer = await raw(server.endpoint, request);
    expect(answer.body).toMatch(text);
    const code = [answer.headers["x-amzn-errortype"], answer.body].join(" ");
    expect(code).toContain(
      what.startsWith("restXml") ? "MalformedInput" : "SerializationException",
    );
    expect(answer.status).toBe(400);
  });

  it("refuses a small body that inflates beyond the cap", async () => {
    const bomb = gzipSync(Buffer.alloc(INFLATED_BODY_MAX_BYTES + 1));
    const answer = await raw(server.endpoint, {
      ...restJson(bomb),
      headers: { ...scope("lambda"), "content-encoding": "gzip" },
    });
    expect(answer.status).toBe(413);
    expect(answer.headers["x-amzn-errortype"]).toBe("RequestEntityTooLargeException");
  });

  it("reads a gzip body", async () => {
    const answer = await raw(server.endpoint, {
      ...logs(gzipSync('{"logGroupName":"g","logStreamName":"s"}')),
      headers: { ...logs("").headers, "content-encoding": "gzip" },
    });
    expect(answer.status).toBe(200);
    expect(server.last()).toMatchObject({ input: { logGroupName: "g" } });
  });
});

describe("the key __proto__", () => {
  const polluted = () => ({}) as Record<string, unknown>;

  it("is an entry like any other in JSON", async () => {
    await raw(
      server.endpoint,
      restJson(
        '{"FunctionName":"f","Role":"arn:aws:iam::111111111111:role/r","Code":{"__proto__":{"x":1}},"Tags":{"__proto__":"t","a":"b"},"__proto__":{"Runtime":"python3.13"}}',
      ),
    );
    const call = server.last();
    if (call?.kind !== "call") throw new Error("refused");
    const input = call.input as { Tags: Record<string, string>; Runtime?: string; Code: object };
    expect(Object.entries(input.Tags)).toEqual([
      ["__proto__", "t"],
      ["a", "b"],
    ]);
    expect(Object.getPrototypeOf(input.Tags)).toBe(Object.prototype);
    expect(input.Runtime).toBeUndefined();
    expect(input.Code).toEqual({});
    expect(polluted()["x"]).toBeUndefined();
  });

  it("is an entry like any other in a query", async () => {
    const entry = "Attributes.entry.1.key=__proto__&Attributes.entry.1.value=v";
    await raw(server.endpoint, {
      headers: { ...scope("sns"), "content-type": FORM },
      body: `Action=CreateTopic&Version=2010-03-31&Name=t&${entry}&__proto__.x=1`,
    });
    const call = server.last();
    if (call?.kind !== "call") throw new Error("refused");
    const { Attributes } = call.input as { Attributes: object };
    expect(Object.entries(Attributes)).toEqual([["__proto__", "v"]]);
    expect(Object.getPrototypeOf(Attributes)).toBe(Object.prototype);
    expect(polluted()["x"]).toBeUndefined();
  });
});

describe("random input", () => {
  const SEED = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  const protocols = [
    restJson,
    logs,
    cloudwatchJson,
    rpcv2("cbor"),
    rpcv2("json"),
    awsQuery,
    ec2Query,
    restXml,
  ];
  const text = string({ unit: "binary", maxLength: 60 });
  const form = array(
    tuple(constantFrom("Action", "Version", "Tags.member.1.Key", "Tags", "A.1"), text),
  ).map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join("&"));
  const body = oneof(
    uint8Array({ maxLength: 200 }),
    text,
    form,
    anyJson(),
    array(constantFrom("<a>", "</a>", "<a/>", "&amp;", "&#", "<![CDATA[", "]]>", "<!--", " ")).map(
      (parts) => parts.join(""),
    ),
  );

  it(`is always answered, and never as our fault (FUZZ_SEED=${SEED})`, async () => {
    await assert(
      asyncProperty(constantFrom(...protocols), body, async (make, bytes) => {
        const { status } = await raw(server.endpoint, make(bytes));
        expect(status === 501 || status < 500).toBe(true);
      }),
      { seed: SEED, numRuns: 1500 },
    );
  });

  it(`targets and headers too (FUZZ_SEED=${SEED})`, async () => {
    const path = array(
      constantFrom(
        "/",
        "2015-03-31",
        "functions",
        "%",
        "%2F",
        "?",
        "&",
        "=",
        "..",
        "é",
        "restapis",
      ),
      { maxLength: 8 },
    ).map((parts) => encodeURI(`/${parts.join("")}`).replaceAll("%25", "%"));
    const header = constantFrom(
      {},
      scope("lambda"),
      scope("apigateway"),
      scope("nonsense"),
      { authorization: "AWS4-HMAC-SHA256 Credential=///" },
      { "x-amz-target": "..." },
      { "smithy-protocol": "rpc-v2-cbor" },
      { host: "lambda" },
    );
    await assert(
      asyncProperty(path, header, constantFrom("GET", "POST", "DELETE"), async (...parts) => {
        const [target, headers, method] = parts;
        const { status } = await raw(server.endpoint, { path: target, headers, method });
        expect(status === 501 || status < 500).toBe(true);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});

it("reads JSON nested without end, and refuses it where it does not belong", async () => {
  const deep = `${'{"a":'.repeat(200_000)}1${"}".repeat(200_000)}`;
  const answer = await raw(server.endpoint, restJson(`{"FunctionName":${deep}}`));
  expect(answer.status).toBe(400);
  expect(answer.body).toMatch(/can not be converted to an String|nests too deeply|JSON/);
});
