import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteLogStreamCommand,
  DeleteRetentionPolicyCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  ListTagsForResourceCommand,
  ListTagsLogGroupCommand,
  paginateDescribeLogGroups,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

// Protects log groups and streams: their life, their listings, retention, tags, AWS's errors.

let cloud: TestCloud;
let logs: CloudWatchLogsClient;
beforeEach(async () => {
  cloud = await startTestCloud({ clock: "virtual" });
  logs = cloud.client(CloudWatchLogsClient);
});
afterEach(() => cloud.close());

const createGroup = (logGroupName: string) =>
  logs.send(new CreateLogGroupCommand({ logGroupName }));
const describeGroup = async (logGroupNamePrefix: string) => {
  const found = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix }));
  return found.logGroups?.[0];
};
const noGroup = {
  name: "ResourceNotFoundException",
  message: "The specified log group does not exist.",
};

describe("log groups", () => {
  it("are described with both forms of their ARN", async () => {
    await createGroup("/app/pay");
    expect(await describeGroup("/app")).toEqual({
      logGroupName: "/app/pay",
      creationTime: cloud.nowMs(),
      metricFilterCount: 0,
      arn: "arn:aws:logs:us-east-1:000000000000:log-group:/app/pay:*",
      logGroupArn: "arn:aws:logs:us-east-1:000000000000:log-group:/app/pay",
      storedBytes: 0,
      logGroupClass: "STANDARD",
      deletionProtectionEnabled: false,
    });
  });

  it("exist once", async () => {
    await createGroup("app");
    await expect(createGroup("app")).rejects.toMatchObject({
      name: "ResourceAlreadyExistsException",
      message: "The specified log group already exists",
    });
    await expect(createGroup("aws/x")).rejects.toMatchObject({ name: "InvalidParameterException" });
    await logs.send(new DeleteLogGroupCommand({ logGroupName: "app" }));
    await expect(
      logs.send(new DeleteLogGroupCommand({ logGroupName: "app" })),
    ).rejects.toMatchObject(noGroup);
  });

  it("are listed by name, in pages, by prefix or pattern", async () => {
    const names = ["b/2", "a/1", "b/1", "c/Pay"];
    for (const name of names) await createGroup(name);
    const listed: (string | undefined)[] = [];
    for await (const page of paginateDescribeLogGroups({ client: logs, pageSize: 3 }, {})) {
      listed.push(...(page.logGroups ?? []).map(({ logGroupName }) => logGroupName));
    }
    expect(listed).toEqual(["a/1", "b/1", "b/2", "c/Pay"]);
    const byPattern = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePattern: "pay" }));
    expect(byPattern.logGroups?.map(({ logGroupName }) => logGroupName)).toEqual(["c/Pay"]);
    await expect(
      logs.send(new DescribeLogGroupsCommand({ nextToken: "not ours" })),
    ).rejects.toMatchObject({ message: "The specified nextToken is invalid." });
  });

  it("belong to their region and account", async () => {
    await createGroup("app");
    const elsewhere = cloud.client(CloudWatchLogsClient, { region: "eu-west-1" });
    expect((await elsewhere.send(new DescribeLogGroupsCommand({}))).logGroups).toEqual([]);
    const other = cloud.client(CloudWatchLogsClient, { account: "111111111111" });
    expect((await other.send(new DescribeLogGroupsCommand({}))).logGroups).toEqual([]);
  });
});

describe("retention", () => {
  it("is one of AWS's numbers of days", async () => {
    await createGroup("app");
    const put = (retentionInDays: number) =>
      logs.send(new PutRetentionPolicyCommand({ logGroupName: "app", retentionInDays }));
    await put(7);
    expect((await describeGroup("app"))?.retentionInDays).toBe(7);
    await expect(put(2)).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: expect.stringContaining("Value '2' at 'retentionInDays' failed"),
    });
    await logs.send(new DeleteRetentionPolicyCommand({ logGroupName: "app" }));
    expect((await describeGroup("app"))?.retentionInDays).toBeUndefined();
  });
});

describe("tags", () => {
  it("are the same by ARN and by name", async () => {
    await logs.send(new CreateLogGroupCommand({ logGroupName: "app", tags: { team: "shop" } }));
    const resourceArn = "arn:aws:logs:us-east-1:000000000000:log-group:app";
    await logs.send(new TagResourceCommand({ resourceArn, tags: { stage: "prod" } }));
    await logs.send(new UntagResourceCommand({ resourceArn, tagKeys: ["team"] }));
    const byArn = await logs.send(new ListTagsForResourceCommand({ resourceArn }));
    expect(byArn.tags).toEqual({ stage: "prod" });
    const byName = await logs.send(new ListTagsLogGroupCommand({ logGroupName: "app" }));
    expect(byName.tags).toEqual({ stage: "prod" });
  });
});

describe("log streams", () => {
  it("need their group, exist once and go", async () => {
    const stream = { logGroupName: "app", logStreamName: "one" };
    await expect(logs.send(new CreateLogStreamCommand(stream))).rejects.toMatchObject(noGroup);
    await createGroup("app");
    await logs.send(new CreateLogStreamCommand(stream));
    await expect(logs.send(new CreateLogStreamCommand(stream))).rejects.toMatchObject({
      name: "ResourceAlreadyExistsException",
      message: "The specified log stream already exists",
    });
    await logs.send(new DeleteLogStreamCommand(stream));
    await expect(logs.send(new DeleteLogStreamCommand(stream))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "The specified log stream does not exist.",
    });
  });

  it("are ordered by name or by their last event", async () => {
    await createGroup("app");
    for (const [index, logStreamName] of ["b", "a", "c"].entries()) {
      await logs.send(new CreateLogStreamCommand({ logGroupName: "app", logStreamName }));
      const timestamp = cloud.nowMs() - index * 1000;
      const logEvents = [{ timestamp, message: "x" }];
      await logs.send(new PutLogEventsCommand({ logGroupName: "app", logStreamName, logEvents }));
    }
    const list = async (input: object) => {
      const command = new DescribeLogStreamsCommand({ logGroupName: "app", ...input });
      return (await logs.send(command)).logStreams?.map(({ logStreamName }) => logStreamName);
    };
    expect(await list({})).toEqual(["a", "b", "c"]);
    expect(await list({ descending: true })).toEqual(["c", "b", "a"]);
    expect(await list({ orderBy: "LastEventTime", descending: true })).toEqual(["b", "a", "c"]);
    expect(await list({ logStreamNamePrefix: "b" })).toEqual(["b"]);
    await expect(
      list({ orderBy: "LastEventTime", logStreamNamePrefix: "b" }),
    ).rejects.toMatchObject({
      message: "Cannot order by LastEventTime with a logStreamNamePrefix.",
    });
  });
});
