// Protects TestEventPattern against the examples of AWS's user guide, each operator with an event that it takes and one
// that it does not, as a client of the SDK sees it. Source: EventBridge user guide, "Comparison operators for use in
// event patterns".
import { EventBridgeClient, TestEventPatternCommand } from "@aws-sdk/client-eventbridge";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.close());

const EVENT = {
  version: "0",
  id: "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
  "detail-type": "EC2 Instance State-change Notification",
  source: "aws.ec2",
  account: "111122223333",
  time: "2017-12-22T18:43:48Z",
  region: "us-west-1",
  resources: ["arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0"],
};

type Case = readonly [name: string, pattern: object, taken: object, other: object];

const cases: readonly Case[] = [
  ["a field", { source: ["aws.ec2"] }, {}, { source: "aws.ecs" }],
  ["one of a list", { region: ["us-east-1", "us-west-1"] }, {}, { region: "eu-west-1" }],
  [
    "an item of the event's list",
    { resources: ["arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0"] },
    {},
    { resources: [] },
  ],
  [
    "null",
    { detail: { responseElements: [null] } },
    { detail: { responseElements: null } },
    { detail: { responseElements: "" } },
  ],
  [
    "an empty text",
    { detail: { eventVersion: [""] } },
    { detail: { eventVersion: "" } },
    { detail: { eventVersion: null } },
  ],
  ["prefix", { time: [{ prefix: "2017-12-22" }] }, {}, { time: "2018-12-22T18:43:48Z" }],
  [
    "prefix, ignoring case",
    { detail: { service: [{ prefix: { "equals-ignore-case": "EventB" } }] } },
    { detail: { service: "EVENTBRIDGE" } },
    { detail: { service: "BRIDGE" } },
  ],
  [
    "suffix",
    { detail: { FileName: [{ suffix: ".png" }] } },
    { detail: { FileName: "a.png" } },
    { detail: { FileName: "a.PNG" } },
  ],
  [
    "suffix, ignoring case",
    { detail: { FileName: [{ suffix: { "equals-ignore-case": ".png" } }] } },
    { detail: { FileName: "a.PNG" } },
    { detail: { FileName: "a.png.txt" } },
  ],
  [
    "anything-but",
    { detail: { state: [{ "anything-but": "initializing" }] } },
    { detail: { state: "running" } },
    { detail: { state: "initializing" } },
  ],
  [
    "anything-but with numbers",
    { detail: { "x-limit": [{ "anything-but": [100, 200, 300] }] } },
    { detail: { "x-limit": 150 } },
    { detail: { "x-limit": 200 } },
  ],
  [
    "anything-but, ignoring case",
    {
      detail: {
        state: [{ "anything-but": { "equals-ignore-case": ["initializing", "stopped"] } }],
      },
    },
    { detail: { state: "running" } },
    { detail: { state: "STOPPED" } },
  ],
  [
    "anything-but a prefix",
    { detail: { state: [{ "anything-but": { prefix: "init" } }] } },
    { detail: { state: "running" } },
    { detail: { state: "initializing" } },
  ],
  [
    "anything-but a suffix",
    { detail: { FileName: [{ "anything-but": { suffix: [".txt", ".rtf"] } }] } },
    { detail: { FileName: "a.png" } },
    { detail: { FileName: "a.rtf" } },
  ],
  [
    "anything-but a wildcard",
    { detail: { FilePath: [{ "anything-but": { wildcard: "*/lib/*" } }] } },
    { detail: { FilePath: "/usr/bin/x" } },
    { detail: { FilePath: "/usr/lib/x" } },
  ],
  [
    "numeric",
    {
      detail: {
        "c-count": [{ numeric: [">", 0, "<=", 5] }],
        "d-count": [{ numeric: ["<", 10] }],
        "x-limit": [{ numeric: ["=", 3.018e2] }],
      },
    },
    { detail: { "c-count": 5, "d-count": 9.5, "x-limit": 301.8 } },
    { detail: { "c-count": 0, "d-count": 9.5, "x-limit": 301.8 } },
  ],
  [
    "cidr",
    { detail: { sourceIPAddress: [{ cidr: "10.0.0.0/24" }] } },
    { detail: { sourceIPAddress: "10.0.0.255" } },
    { detail: { sourceIPAddress: "10.0.1.0" } },
  ],
  [
    "exists",
    { detail: { state: [{ exists: true }] } },
    { detail: { state: "pending" } },
    { detail: { "c-count": { c1: 100 } } },
  ],
  [
    "exists not",
    { detail: { state: [{ exists: false }] } },
    { detail: { "c-count": { c1: 100 } } },
    { detail: { state: "pending" } },
  ],
  [
    "equals-ignore-case",
    { "detail-type": [{ "equals-ignore-case": "ec2 instance state-change notification" }] },
    {},
    { "detail-type": "ec2 instance state-change" },
  ],
  [
    "wildcard",
    { resources: [{ wildcard: "arn:aws:ec2:us-west-1:*:instance/*" }] },
    {},
    { resources: ["arn:aws:ec2:us-west-2:123456789012:instance/i-1"] },
  ],
  [
    "$or of fields",
    {
      detail: {
        $or: [
          { "c-count": [{ numeric: [">", 0, "<=", 5] }] },
          { "d-count": [{ numeric: ["<", 10] }] },
          { "x-limit": [{ numeric: ["=", 3.018e2] }] },
        ],
      },
    },
    { detail: { "c-count": 9, "d-count": 9 } },
    { detail: { "c-count": 9, "d-count": 10 } },
  ],
  [
    "$or beside others",
    { source: ["aws.ec2"], $or: [{ region: ["eu-west-1"] }, { account: ["111122223333"] }] },
    {},
    { account: "444455556666" },
  ],
  [
    "several at once",
    {
      time: [{ prefix: "2017-12-22" }],
      detail: {
        state: [{ "anything-but": "initializing" }],
        "c-count": [{ numeric: [">", 0, "<=", 5] }],
        "x-limit": [{ "anything-but": [100, 200, 300] }],
      },
    },
    { detail: { state: "running", "c-count": 1, "x-limit": 50 } },
    { detail: { state: "running", "c-count": 1, "x-limit": 100 } },
  ],
];

it.each(cases)("%s", async (_name, pattern, taken, other) => {
  const test = async (more: object) => {
    const { Result } = await cloud.client(EventBridgeClient).send(
      new TestEventPatternCommand({
        EventPattern: JSON.stringify(pattern),
        Event: JSON.stringify({ ...EVENT, ...more }),
      }),
    );
    return Result;
  };
  expect([await test(taken), await test(other)]).toEqual([true, false]);
});
