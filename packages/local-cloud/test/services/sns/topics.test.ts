import {
  AddPermissionCommand,
  DeleteTopicCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListTagsForResourceCommand,
  ListTopicsCommand,
  paginateListTopics,
  PublishCommand,
  RemovePermissionCommand,
  SetTopicAttributesCommand,
  SNSClient,
  SubscribeCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-sns";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { QUEUE, type SnsCloud, startSnsCloud, TOPIC } from "./sns-cloud.ts";

// Protects topics: their names, attributes, tags and policies, and that making one twice is one.

let cloud: SnsCloud;
beforeEach(async () => {
  cloud = await startSnsCloud();
});
afterEach(() => cloud.close());

const attributes = async (TopicArn = TOPIC) =>
  (await cloud.sns.send(new GetTopicAttributesCommand({ TopicArn }))).Attributes ?? {};
const set = (AttributeName: string, AttributeValue: string) =>
  cloud.sns.send(new SetTopicAttributesCommand({ TopicArn: TOPIC, AttributeName, AttributeValue }));
const invalid = (message: string) => ({
  name: "InvalidParameterException",
  message: `Invalid parameter: ${message}`,
  $metadata: { httpStatusCode: 400 },
});

describe("a topic", () => {
  it("has AWS's attributes from the start", async () => {
    await cloud.createTopic();
    const { Policy = "", EffectiveDeliveryPolicy = "", ...others } = await attributes();
    expect(others).toEqual({
      TopicArn: TOPIC,
      Owner: "000000000000",
      DisplayName: "",
      SubscriptionsConfirmed: "0",
      SubscriptionsPending: "0",
      SubscriptionsDeleted: "0",
    });
    expect(JSON.parse(EffectiveDeliveryPolicy)).toMatchObject({
      http: { defaultHealthyRetryPolicy: { numRetries: 3, minDelayTarget: 20 } },
    });
    expect(JSON.parse(Policy)).toMatchObject({
      Id: "__default_policy_ID",
      Statement: [
        { Resource: TOPIC, Condition: { StringEquals: { "AWS:SourceOwner": "000000000000" } } },
      ],
    });
  });

  it("counts its subscriptions", async () => {
    await cloud.createTopic();
    await cloud.subscribe({ Protocol: "sqs", Endpoint: QUEUE });
    await cloud.subscribe({ Protocol: "email", Endpoint: "ops@example.com" });
    expect(await attributes()).toMatchObject({
      SubscriptionsConfirmed: "1",
      SubscriptionsPending: "1",
    });
  });

  // prettier-ignore
  it.each([
    "", "with space", "dots.dots", "a".repeat(257), "orders.fifo", "a/b",
  ])("cannot be called %j", async (Name) => {
    await expect(cloud.createTopic({ Name })).rejects.toMatchObject(invalid("Topic Name"));
  });

  it("is made once, whoever asks for no more than it has", async () => {
    const Tags = [
      { Key: "a", Value: "1" },
      { Key: "b", Value: "2" },
    ];
    await cloud.createTopic({ Attributes: { DisplayName: "Orders" }, Tags });
    await cloud.createTopic();
    await cloud.createTopic({ Attributes: { DisplayName: "Orders" }, Tags: Tags.slice(0, 1) });
    await expect(cloud.createTopic({ Attributes: { DisplayName: "Other" } })).rejects.toMatchObject(
      invalid("Attributes Reason: Topic already exists with different attributes"),
    );
    await expect(
      cloud.createTopic({ Tags: [...Tags, { Key: "c", Value: "3" }] }),
    ).rejects.toMatchObject(invalid("Tags Reason: Topic already exists with different tags"));
    expect((await cloud.sns.send(new ListTopicsCommand({}))).Topics).toEqual([{ TopicArn: TOPIC }]);
  });

  it("keeps what is set, and refuses what there is not", async () => {
    await cloud.createTopic();
    await set("DisplayName", "Orders");
    await set("SignatureVersion", "2");
    await set("KmsMasterKeyId", "alias/aws/sns");
    expect(await attributes()).toMatchObject({
      DisplayName: "Orders",
      SignatureVersion: "2",
      KmsMasterKeyId: "alias/aws/sns",
    });
    await set("KmsMasterKeyId", "");
    expect(await attributes()).not.toHaveProperty("KmsMasterKeyId");
    await expect(set("Colour", "red")).rejects.toMatchObject(invalid("AttributeName"));
    await expect(set("SignatureVersion", "3")).rejects.toThrow("Invalid value [3]");
    await expect(set("ContentBasedDeduplication", "true")).rejects.toMatchObject(
      invalid("AttributeName"),
    );
  });

  it("has a delivery policy with everything it leaves out", async () => {
    await cloud.createTopic();
    const policy = {
      http: { defaultHealthyRetryPolicy: { minDelayTarget: 5, maxDelayTarget: 6, numRetries: 1 } },
    };
    await set("DeliveryPolicy", JSON.stringify(policy));
    const { EffectiveDeliveryPolicy = "" } = await attributes();
    expect(JSON.parse(EffectiveDeliveryPolicy)).toEqual({
      http: {
        defaultHealthyRetryPolicy: {
          minDelayTarget: 5,
          maxDelayTarget: 6,
          numRetries: 1,
          numMaxDelayRetries: 0,
          numNoDelayRetries: 0,
          numMinDelayRetries: 0,
          backoffFunction: "linear",
        },
        disableSubscriptionOverrides: false,
        defaultRequestPolicy: { headerContentType: "text/plain; charset=UTF-8" },
      },
    });
    policy.http.defaultHealthyRetryPolicy.numRetries = 101;
    await expect(set("DeliveryPolicy", JSON.stringify(policy))).rejects.toThrow(
      "numRetries must be between 0 and 100",
    );
  });

  it("is deleted with its subscriptions, and deleting it again is no error", async () => {
    await cloud.createTopic();
    await cloud.subscribe({ Protocol: "sqs", Endpoint: QUEUE });
    const remove = () => cloud.sns.send(new DeleteTopicCommand({ TopicArn: TOPIC }));
    await remove();
    await remove();
    await expect(attributes()).rejects.toMatchObject({
      name: "NotFoundException",
      message: "Topic does not exist",
      $metadata: { httpStatusCode: 404 },
    });
    await cloud.createTopic();
    const list = new ListSubscriptionsByTopicCommand({ TopicArn: TOPIC });
    expect((await cloud.sns.send(list)).Subscriptions).toEqual([]);
  });

  it("is listed by the hundred", async () => {
    for (let index = 0; index < 101; index++) await cloud.createTopic({ Name: `t-${index}` });
    const pages: number[] = [];
    for await (const page of paginateListTopics({ client: cloud.sns }, {})) {
      pages.push(page.Topics?.length ?? 0);
    }
    expect(pages).toEqual([100, 1]);
  });

  it.each([
    ["nothing", "TopicArn Reason: An ARN must have at least 6 elements, not 1"],
    [
      "arn:aws:sns:us-east-1:orders",
      "TopicArn Reason: An ARN must have at least 6 elements, not 5",
    ],
    [TOPIC.replace("us-east-1", "eu-west-1"), "TopicArn"],
  ])("is not found by %s", async (arn, message) => {
    await expect(attributes(arn)).rejects.toMatchObject(invalid(message));
  });
});

describe("tags", () => {
  it("are added, changed and taken away", async () => {
    await cloud.createTopic({ Tags: [{ Key: "k1", Value: "v1" }] });
    const ResourceArn = TOPIC;
    const Tags = [
      { Key: "k1", Value: "v1b" },
      { Key: "k2", Value: "v2" },
    ];
    await cloud.sns.send(new TagResourceCommand({ ResourceArn, Tags }));
    const list = () => cloud.sns.send(new ListTagsForResourceCommand({ ResourceArn }));
    expect((await list()).Tags).toEqual(Tags);
    await cloud.sns.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["k1"] }));
    expect((await list()).Tags).toEqual(Tags.slice(1));
    const twice = [...Tags, ...Tags];
    await expect(
      cloud.sns.send(new TagResourceCommand({ ResourceArn, Tags: twice })),
    ).rejects.toMatchObject(invalid("Duplicated keys are not allowed."));
  });
});

describe("permissions", () => {
  const other = { account: "111122223333" };
  const add = (Label: string, ActionName: string[]) =>
    cloud.sns.send(
      new AddPermissionCommand({
        TopicArn: TOPIC,
        Label,
        AWSAccountId: ["111122223333"],
        ActionName,
      }),
    );
  const publishAs = (client: SNSClient) =>
    client.send(new PublishCommand({ TopicArn: TOPIC, Message: "hello" }));
  beforeEach(() => cloud.createTopic());

  it("let another account in for what they name, until they are taken away", async () => {
    const stranger = cloud.client(SNSClient, other);
    await expect(publishAs(stranger)).rejects.toMatchObject({
      name: "AuthorizationErrorException",
      message: `User: arn:aws:iam::111122223333:root is not authorized to perform: SNS:Publish on resource: ${TOPIC} because no resource-based policy allows the SNS:Publish action`,
      $metadata: { httpStatusCode: 403 },
    });
    await add("partner", ["Publish"]);
    await publishAs(stranger);
    const subscribe = { TopicArn: TOPIC, Protocol: "sqs", Endpoint: QUEUE };
    await expect(stranger.send(new SubscribeCommand(subscribe))).rejects.toThrow("not authorized");
    await cloud.sns.send(new RemovePermissionCommand({ TopicArn: TOPIC, Label: "partner" }));
    await expect(publishAs(stranger)).rejects.toThrow("not authorized");
  });

  it("are statements of the policy", async () => {
    await add("partner", ["Publish"]);
    const { Policy = "" } = await attributes();
    expect((JSON.parse(Policy) as { Statement: unknown[] }).Statement[1]).toEqual({
      Sid: "partner",
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::111122223333:root" },
      Action: "SNS:Publish",
      Resource: TOPIC,
    });
    await expect(add("partner", ["Publish"])).rejects.toMatchObject(
      invalid("Statement already exists"),
    );
    await expect(add("more", ["Fly"])).rejects.toMatchObject(
      invalid("Policy statement action out of service scope!"),
    );
  });

  it("a statement that denies shuts the owner out too", async () => {
    const deny = {
      Sid: "no",
      Effect: "Deny",
      Principal: "*",
      Action: "SNS:Publish",
      Resource: TOPIC,
    };
    await set("Policy", JSON.stringify({ Statement: [deny] }));
    await expect(cloud.publish()).rejects.toThrow("explicit deny");
    const insecure = { ...deny, Condition: { Bool: { "aws:SecureTransport": "false" } } };
    await set("Policy", JSON.stringify({ Statement: [insecure] }));
    expect(await cloud.publish()).not.toBe("");
  });

  it.each([
    ["no JSON", "{"],
    ["nothing said", "{}"],
    [
      "an action of another service",
      JSON.stringify({ Statement: { Effect: "Allow", Principal: "*", Action: "sqs:SendMessage" } }),
    ],
    [
      "a missing principal",
      JSON.stringify({ Statement: { Effect: "Allow", Action: "sns:Publish" } }),
    ],
  ])("a policy with %s is refused", async (_what, policy) => {
    await expect(set("Policy", policy)).rejects.toThrow("Invalid parameter: Policy");
  });
});
