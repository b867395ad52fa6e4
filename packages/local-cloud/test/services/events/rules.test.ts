import {
  CreateEventBusCommand,
  DeleteEventBusCommand,
  DeleteRuleCommand,
  DescribeEventBusCommand,
  DescribeRuleCommand,
  DisableRuleCommand,
  EventBridgeClient,
  ListEventBusesCommand,
  ListRuleNamesByTargetCommand,
  ListRulesCommand,
  ListTagsForResourceCommand,
  ListTargetsByRuleCommand,
  PutEventsCommand,
  PutPermissionCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemovePermissionCommand,
  RemoveTargetsCommand,
  TagResourceCommand,
  TestEventPatternCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-eventbridge";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

// Protects buses, rules and targets as things that are made, listed and deleted, with AWS's refusals.

let cloud: TestCloud;
let events: EventBridgeClient;
beforeEach(async () => {
  cloud = await startTestCloud();
  events = cloud.client(EventBridgeClient);
});
afterEach(() => cloud.close());

const EventPattern = JSON.stringify({ source: ["shop"] });
const QUEUE = "arn:aws:sqs:us-east-1:000000000000:orders";
const putRule = (Name: string, EventBusName?: string) =>
  events.send(new PutRuleCommand({ Name, EventPattern, EventBusName }));
const putTarget = (Rule: string, ...ids: string[]) =>
  events.send(new PutTargetsCommand({ Rule, Targets: ids.map((Id) => ({ Id, Arn: QUEUE })) }));

describe("rules", () => {
  it("are described, listed and found by their target", async () => {
    const { RuleArn } = await putRule("orders");
    expect(RuleArn).toBe("arn:aws:events:us-east-1:000000000000:rule/orders");
    expect(await events.send(new DescribeRuleCommand({ Name: "orders" }))).toMatchObject({
      Name: "orders",
      Arn: RuleArn,
      EventPattern,
      State: "ENABLED",
      EventBusName: "default",
      CreatedBy: "000000000000",
    });
    expect(await putTarget("orders", "one")).toMatchObject({ FailedEntryCount: 0 });
    await putRule("other");
    const named = await events.send(new ListRulesCommand({ NamePrefix: "or" }));
    expect(named.Rules?.map(({ Name }) => Name)).toEqual(["orders"]);
    const byTarget = await events.send(new ListRuleNamesByTargetCommand({ TargetArn: QUEUE }));
    expect(byTarget.RuleNames).toEqual(["orders"]);
    await events.send(new DisableRuleCommand({ Name: "orders" }));
    const after = await events.send(new DescribeRuleCommand({ Name: "orders" }));
    expect(after.State).toBe("DISABLED");
  });

  it("are deleted only without targets", async () => {
    await putRule("orders");
    await putTarget("orders", "one", "two");
    const remove = () => events.send(new DeleteRuleCommand({ Name: "orders" }));
    await expect(remove()).rejects.toMatchObject({
      name: "ValidationException",
      message: "Rule can't be deleted since it has targets.",
    });
    await events.send(new RemoveTargetsCommand({ Rule: "orders", Ids: ["one", "two"] }));
    const left = await events.send(new ListTargetsByRuleCommand({ Rule: "orders" }));
    expect(left.Targets).toEqual([]);
    await remove();
    await expect(events.send(new DescribeRuleCommand({ Name: "orders" }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Rule orders does not exist on EventBus default.",
    });
  });

  it("take five targets and no more", async () => {
    await putRule("orders");
    await putTarget("orders", "1", "2", "3", "4", "5");
    await putTarget("orders", "5");
    await expect(putTarget("orders", "6")).rejects.toMatchObject({
      name: "LimitExceededException",
    });
  });

  it("refuse what they cannot be", async () => {
    const put = (input: object) => events.send(new PutRuleCommand({ Name: "x", ...input }));
    await expect(put({})).rejects.toThrow(
      "Parameter(s) EventPattern or ScheduleExpression must be specified.",
    );
    await expect(put({ EventPattern: "{" })).rejects.toMatchObject({
      name: "InvalidEventPatternException",
    });
    await events.send(new CreateEventBusCommand({ Name: "shop" }));
    const onShop = put({ ScheduleExpression: "rate(1 minute)", EventBusName: "shop" });
    await expect(onShop).rejects.toThrow(
      "ScheduleExpression is supported only on the default event bus.",
    );
    await putRule("orders");
    const transformer = { InputPathsMap: {}, InputTemplate: '"<what>"' };
    const target = { Id: "t", Arn: QUEUE };
    await expect(
      events.send(
        new PutTargetsCommand({
          Rule: "orders",
          Targets: [{ ...target, InputTransformer: transformer }],
        }),
      ),
    ).rejects.toThrow("InputTemplate for target t contains invalid placeholder what.");
    await expect(
      events.send(
        new PutTargetsCommand({
          Rule: "orders",
          Targets: [{ ...target, Input: "{}", InputPath: "$" }],
        }),
      ),
    ).rejects.toThrow("Only one of Input, InputPath, or InputTransformer must be provided");
    for (const path of ["detail.state", "", "$detail", "$.a[?(@.b)]", "$..state"]) {
      const withPath = { Rule: "orders", Targets: [{ ...target, InputPath: path }] };
      await expect(events.send(new PutTargetsCommand(withPath))).rejects.toThrow(
        `JSONPath ${path} of InputPath for target t is not valid`,
      );
      const map = { InputPathsMap: { what: path }, InputTemplate: '"<what>"' };
      const withMap = { Rule: "orders", Targets: [{ ...target, InputTransformer: map }] };
      await expect(events.send(new PutTargetsCommand(withMap))).rejects.toThrow(
        `JSONPath ${path} of what for target t is not valid`,
      );
    }
  });
});

describe("buses", () => {
  it("are made, listed and deleted", async () => {
    const { EventBusArn } = await events.send(
      new CreateEventBusCommand({ Name: "shop", Description: "orders" }),
    );
    expect(EventBusArn).toBe("arn:aws:events:us-east-1:000000000000:event-bus/shop");
    await expect(events.send(new CreateEventBusCommand({ Name: "shop" }))).rejects.toMatchObject({
      name: "ResourceAlreadyExistsException",
      message: "Event bus shop already exists.",
    });
    const { RuleArn } = await putRule("orders", EventBusArn);
    expect(RuleArn).toBe("arn:aws:events:us-east-1:000000000000:rule/shop/orders");
    const { EventBuses } = await events.send(new ListEventBusesCommand({}));
    expect(EventBuses?.map(({ Name }) => Name)).toEqual(["default", "shop"]);
    await events.send(new DeleteRuleCommand({ Name: "orders", EventBusName: "shop" }));
    await events.send(new DeleteEventBusCommand({ Name: "shop" }));
    await expect(putRule("orders", "shop")).rejects.toThrow("Event bus shop does not exist.");
    await expect(events.send(new DeleteEventBusCommand({ Name: "default" }))).rejects.toThrow(
      "Cannot delete event bus default.",
    );
  });

  it("keep a policy", async () => {
    const permission = {
      StatementId: "friend",
      Principal: "111111111111",
      Action: "events:PutEvents",
    };
    await events.send(new PutPermissionCommand(permission));
    const { Policy = "" } = await events.send(new DescribeEventBusCommand({}));
    expect(JSON.parse(Policy)).toMatchObject({
      Statement: [{ Sid: "friend", Principal: { AWS: "arn:aws:iam::111111111111:root" } }],
    });
    await expect(events.send(new RemovePermissionCommand({ StatementId: "none" }))).rejects.toThrow(
      "Statement with the provided id does not exist.",
    );
    await events.send(new RemovePermissionCommand({ StatementId: "friend" }));
    expect((await events.send(new DescribeEventBusCommand({}))).Policy).toBeUndefined();
    const long = JSON.stringify({ Version: "2012-10-17", Statement: [], Id: "x".repeat(10_240) });
    await expect(events.send(new PutPermissionCommand({ Policy: long }))).rejects.toMatchObject({
      name: "PolicyLengthExceededException",
    });
  });

  it("and rules carry tags", async () => {
    const { RuleArn = "" } = await putRule("orders");
    const Tags = [
      { Key: "team", Value: "shop" },
      { Key: "env", Value: "dev" },
    ];
    await events.send(new TagResourceCommand({ ResourceARN: RuleArn, Tags }));
    await events.send(new UntagResourceCommand({ ResourceARN: RuleArn, TagKeys: ["env"] }));
    const listed = await events.send(new ListTagsForResourceCommand({ ResourceARN: RuleArn }));
    expect(listed.Tags).toEqual([{ Key: "team", Value: "shop" }]);
  });
});

describe("PutEvents", () => {
  it("answers for each entry", async () => {
    const good = { Source: "shop", DetailType: "order", Detail: "{}" };
    const { Entries = [], FailedEntryCount } = await events.send(
      new PutEventsCommand({
        Entries: [
          good,
          { ...good, Source: "" },
          { ...good, Detail: undefined },
          { ...good, Detail: "[]" },
          { ...good, Source: "aws.ecs" },
          { ...good, EventBusName: "none" },
        ],
      }),
    );
    expect(FailedEntryCount).toBe(4);
    expect(Entries.map(({ ErrorCode, ErrorMessage }) => ErrorMessage ?? ErrorCode)).toEqual([
      undefined,
      "Parameter Source is not valid. Reason: Source is a required argument.",
      "Parameter Detail is not valid. Reason: Detail is a required argument.",
      "Detail is malformed.",
      "Not authorized for the source.",
      undefined,
    ]);
    expect(Entries[0]?.EventId).toMatch(/^[\da-f-]{36}$/);
  });

  it("refuses more than ten entries, and more than a megabyte", async () => {
    const entry = { Source: "shop", DetailType: "order", Detail: "{}" };
    const eleven = Array.from({ length: 11 }, () => entry);
    await expect(events.send(new PutEventsCommand({ Entries: eleven }))).rejects.toMatchObject({
      name: "ValidationException",
    });
    const Detail = JSON.stringify({ text: "x".repeat(1024 * 1024) });
    await expect(
      events.send(new PutEventsCommand({ Entries: [{ ...entry, Detail }] })),
    ).rejects.toThrow("Total size of the entries in the request is over the limit.");
  });

  it("has a pattern tried without a rule", async () => {
    const event = {
      id: "1",
      account: "000000000000",
      source: "shop",
      time: "2026-11-21T10:00:00Z",
      region: "us-east-1",
      resources: [],
      "detail-type": "order",
    };
    const test = (Event: string) =>
      events.send(new TestEventPatternCommand({ EventPattern, Event }));
    expect((await test(JSON.stringify(event))).Result).toBe(true);
    expect((await test(JSON.stringify({ ...event, source: "other" }))).Result).toBe(false);
    await expect(test("{}")).rejects.toThrow("Parameter Event is not valid.");
  });
});
