import {
  GetSubscriptionAttributesCommand,
  SetSubscriptionAttributesCommand,
} from "@aws-sdk/client-sns";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { matchesPolicy } from "../../../src/services/sns/filter-policy/matches.ts";
import { parseFilterPolicy } from "../../../src/services/sns/filter-policy/parse-policy.ts";
import { QUEUE, type SnsCloud, startSnsCloud } from "./sns-cloud.ts";

// Protects filter policies: what they let through, and AWS's own words for what is wrong with one.

const accepts = (policy: unknown, document: unknown) => {
  const text = JSON.stringify(policy);
  const parsed = parseFilterPolicy(text, "MessageBody", { attribute: "FilterPolicy" });
  return matchesPolicy(parsed, document);
};

describe("a policy", () => {
  // prettier-ignore
  it.each<[unknown, unknown, unknown]>([
    [{ k: ["a"] }, { k: "a" }, { k: "b" }],
    [{ k: ["a", "b"] }, { k: "b", other: 1 }, { other: "b" }],
    [{ k: [7] }, { k: 7 }, { k: "7" }],
    [{ k: [null, true] }, { k: null }, { k: false }],
    [{ k: ["a"] }, { k: ["x", "a"] }, { k: [] }],
    [{ k: ["a"], l: ["b"] }, { k: "a", l: "b" }, { k: "a", l: "c" }],
    [{ k: [{ prefix: "ab" }] }, { k: "abc" }, { k: "bab" }],
    [{ k: [{ suffix: "bc" }] }, { k: "abc" }, { k: "bca" }],
    [{ k: [{ "equals-ignore-case": "AbC" }] }, { k: "aBc" }, { k: "abcd" }],
    [{ k: [{ "anything-but": ["a", 1] }] }, { k: "b" }, { k: 1 }],
    [{ k: [{ "anything-but": "a" }] }, { k: 1 }, { l: "b" }],
    [{ k: [{ "anything-but": { prefix: "a" } }] }, { k: "b" }, { k: "ab" }],
    [{ k: [{ exists: true }] }, { k: null }, { l: 1 }],
    [{ k: [{ exists: false }] }, { l: 1 }, { k: 1 }],
    [{ k: { l: [{ exists: false }] } }, { m: 1 }, { k: { l: 1 } }],
    [{ k: [{ numeric: ["=", 5] }] }, { k: 5.0 }, { k: "5" }],
    [{ k: [{ numeric: ["<", 5] }] }, { k: 4.9 }, { k: 5 }],
    [{ k: [{ numeric: [">=", 0, "<", 5] }] }, { k: 0 }, { k: 5 }],
    [{ k: [{ numeric: [">", 0, "<=", 5] }] }, { k: 5 }, { k: 0 }],
    [{ k: [{ cidr: "10.0.0.0/24" }] }, { k: "10.0.0.255" }, { k: "10.0.1.1" }],
    [{ k: [{ cidr: "2001:db8:1234:1a00::/64" }] }, { k: "2001:db8:1234:1a00::1" }, { k: "10.0.0.1" }],
    [{ k: { l: ["a"] } }, { k: { l: "a" } }, { l: "a" }],
    [{ "k.l": ["a"] }, { k: { l: "a" } }, { k: { l: "b" } }],
    [{ "k.l": ["a"] }, { "k.l": "a" }, { k: "a" }],
    [{ k: { l: ["a"], m: ["b"] } }, { k: [{ l: "x" }, { l: "a", m: "b" }] }, { k: [{ l: "a" }, { m: "b" }] }],
    [{ k: { l: ["a"] } }, { k: [[{ l: "a" }]] }, { k: [[{ l: "b" }]] }],
    [{ $or: [{ a: [1] }, { b: [2] }] }, { b: 2 }, { a: 2, b: 1 }],
    [{ c: [3], $or: [{ a: [1] }, { b: [2] }] }, { a: 1, c: 3 }, { a: 1, c: 4 }],
    [{ $or: ["x"] }, { $or: "x" }, { x: 1 }],
  ])("%j lets %j in and not %j", (policy, good, bad) => {
    expect([accepts(policy, good), accepts(policy, bad)]).toEqual([true, false]);
  });
});

// Source: recorded AWS answers (LocalStack snapshots of test_sns_filter_policy).
// prettier-ignore
const FAULTS: [policy: unknown, problem: string, column?: number][] = [
  [{ key: [["value"]] }, "Match value must be String, number, true, false, or null", 10],
  [{ key: [{ "wrong-operator": true }] }, "Unrecognized match type wrong-operator", 31],
  [{ key: [{ suffix: "value", prefix: "value2" }] }, "Only one key allowed in match expression", 37],
  [{ key: [] }, "Empty arrays are not allowed", 10],
  [{ key: [{ suffix: 100 }] }, "suffix match pattern must be a string", 22],
  [{ key: [{ suffix: null }] }, "suffix match pattern must be a string", 23],
  [{ key: { suffix: "value" } }, '"suffix" must be an object or an array', 19],
  [{ key: [{ suffix: [] }] }, "suffix match pattern must be a string", 20],
  [{ key: { "not-an-operator": "value" } }, '"not-an-operator" must be an object or an array', 28],
  [{ key: [{ cidr: ["bad-filter"] }] }, "prefix match pattern must be a string", 18],
  [{ key: [{ cidr: "bad-filter" }] }, "Malformed CIDR, one '/' required"],
  [{ key: [{ cidr: "bad-filter/64" }] }, "Nonstandard IP address: bad-filter"],
  [{ key: [{ cidr: "bad-/64filter" }] }, "Malformed CIDR, mask bits must be an integer"],
  [{ key: [{ cidr: "xxxx:db8:1234:1a00::/64" }] }, "Nonstandard IP address: xxxx:db8:1234:1a00::"],
  [{ key: [{ numeric: [] }] }, "Invalid member in numeric match: ]", 22],
  [{ key: [{ numeric: ["operator"] }] }, "Unrecognized numeric range operator: operator", 32],
  [{ key: [{ numeric: [1, "<="] }] }, "Invalid member in numeric match: 1", 22],
  [{ key: [{ numeric: ["=", "000"] }] }, "Value of equals must be numeric", 26],
  [{ key: [{ numeric: [">="] }] }, "Value of >= must be numeric", 26],
  [{ key: [{ numeric: ["<", 100, ">", 10] }] }, "Too many elements in numeric expression", 30],
  [{ key: [{ numeric: [">=", 1, ">", 2] }] }, "Bad numeric range operator: >", 31],
  [{ key: [{ numeric: [">", 3, "<", 1] }] }, "Bottom must be less than top", 33],
  [{ key: [{ numeric: [">", 20, "<="] }] }, "Value of <= must be numeric", 33],
  [{ key: [{ numeric: [">", 20, 30] }] }, "Bad value in numeric range: 30", 30],
  [{ key: [{ numeric: [">", 20, "test"] }] }, "Bad numeric range operator: test", 34],
  [{ key: [{ numeric: [">", "20", "<", "30"] }] }, "Value of > must be numeric", 26],
  [{ key: [{ numeric: [">", 20, "<", "30"] }] }, "Value of < must be numeric", 33],
  [{ key: [{ numeric: [">", 20, "<", 30, "<", 50] }] }, "Too many terms in numeric range expression", 36],
  [{ key: [{ exists: null }] }, "exists match pattern must be either true or false.", 23],
  [{ key: [{ exists: "no" }] }, "exists match pattern must be either true or false.", 20],
  [{ key: [{ "anything-but": { "wrong-operator": null } }] }, "Unsupported anything-but pattern: wrong-operator", 47],
  [{ key: [{ "anything-but": { suffix: "test" } }] }, "Unsupported anything-but pattern: suffix", 36],
  [{ key: [{ "anything-but": { exists: false } }] }, "Unsupported anything-but pattern: exists", 40],
  [{ key: [{ "anything-but": { prefix: false } }] }, "prefix match pattern must be a string", 40],
  [{ key: Array.from({ length: 151 }, (_, index) => `v${index}`) }, "Filter policy is too complex"],
  [{ k1: Array.from({ length: 100 }, (_, index) => index), k2: [1, 2] }, "Filter policy is too complex"],
  [{ a: [1], b: [1], c: [1], d: [1], e: [1], f: [1] }, "Filter policy can not have more than 5 keys"],
];

describe("a subscription", () => {
  let cloud: SnsCloud;
  beforeEach(async () => {
    cloud = await startSnsCloud();
    await cloud.createTopic();
  });
  afterEach(() => cloud.close());

  const subscribe = (FilterPolicy: string, more: Record<string, string> = {}) =>
    cloud.subscribe({
      Protocol: "sqs",
      Endpoint: QUEUE,
      Attributes: { FilterPolicy, RawMessageDelivery: "true", ...more },
    });
  const sent = async () => (await cloud.outbox()).map(({ body }) => body);
  const text = (StringValue: string) => ({ DataType: "String", StringValue });

  it.each(FAULTS)("cannot have the policy %j", async (policy, problem, column) => {
    const source = JSON.stringify(policy);
    const where =
      column === undefined ? "" : `\n at [Source: (String)"${source}"; line: 1, column: ${column}]`;
    await expect(subscribe(source)).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: `Invalid parameter: Attributes Reason: FilterPolicy: ${problem}${where}`,
    });
  });

  it("with alternatives is measured as AWS does", async () => {
    const values = (count: number) => Array.from({ length: count }, (_, index) => index);
    const nested = (types: number) => ({
      $or: [{ metricName: values(3) }, { namespace: values(2) }],
      detail: { scope: values(2), $or: [{ source: values(1) }, { type: values(types) }] },
    });
    const scope = { FilterPolicyScope: "MessageBody" };
    // (3 + 2) x (2 x 2) x (1 x 2 + 3 x 2) = 160
    await expect(subscribe(JSON.stringify(nested(3)), scope)).rejects.toThrow("too complex");
    expect(await subscribe(JSON.stringify(nested(2)), scope)).not.toBe("");
  });

  it.each([
    [
      "invalid",
      "Unrecognized token 'invalid': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
      8,
    ],
    [
      "{invalid",
      "Unexpected character ('i' (code 105)): was expecting double-quote to start field name",
      2,
    ],
  ])("cannot have the text %s for a policy", async (policy, problem, column) => {
    await expect(subscribe(policy)).rejects.toThrow(
      `Invalid parameter: Attributes Reason: FilterPolicy: failed to parse JSON. ${problem}\n at [Source: REDACTED (\`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION\` disabled); line: 1, column: ${column}]`,
    );
  });

  it("filters by attributes, numbers as numbers and arrays as lists", async () => {
    const policy = { kind: ["new"], size: [{ numeric: [">", 10] }], tags: ["hot"] };
    await subscribe(JSON.stringify(policy));
    const attributes = (size: string, tags: string) => ({
      kind: text("new"),
      size: { DataType: "Number", StringValue: size },
      tags: { DataType: "String.Array", StringValue: tags },
    });
    await cloud.publish({ Message: "no attributes" });
    await cloud.publish({ Message: "small", MessageAttributes: attributes("9", '["hot"]') });
    await cloud.publish({ Message: "right", MessageAttributes: attributes("11", '["a","hot"]') });
    expect(await sent()).toEqual(["right"]);
  });

  it("filters by the body, and lets nothing through that is no JSON", async () => {
    const policy = { order: { kind: ["new"] } };
    await subscribe(JSON.stringify(policy), { FilterPolicyScope: "MessageBody" });
    const right = JSON.stringify({ order: { kind: "new" } });
    for (const Message of ["plain", '{"order":{"kind":"old"}}', right]) {
      await cloud.publish({ Message });
    }
    expect(await sent()).toEqual([right]);
  });

  it("cannot look into attributes", async () => {
    await expect(subscribe('{"k":{"l":["a"]}}')).rejects.toThrow(
      "Invalid parameter: Filter policy scope MessageAttributes does not support nested filter policy",
    );
  });

  it("takes a new policy, and loses it", async () => {
    const SubscriptionArn = await subscribe('{"k":["a"]}');
    const set = (AttributeName: string, AttributeValue: string) =>
      cloud.sns.send(
        new SetSubscriptionAttributesCommand({ SubscriptionArn, AttributeName, AttributeValue }),
      );
    const read = async () =>
      (await cloud.sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }))).Attributes;
    expect(await read()).toMatchObject({ FilterPolicyScope: "MessageAttributes" });
    await expect(set("FilterPolicyScope", "RandomValue")).rejects.toThrow(
      "Invalid parameter: FilterPolicyScope: Invalid value [RandomValue]. Please use either MessageBody or MessageAttributes",
    );
    await expect(set("FilterPolicy", '{"key_a":"value_one"}')).rejects.toThrow(
      'Invalid parameter: FilterPolicy: "key_a" must be an object or an array\n at [Source: (String)"{"key_a":"value_one"}"; line: 1, column: 11]',
    );
    await set("FilterPolicy", "{}");
    expect(await read()).not.toHaveProperty("FilterPolicy");
    await cloud.publish();
    expect(await sent()).toEqual(["hello"]);
  });
});
