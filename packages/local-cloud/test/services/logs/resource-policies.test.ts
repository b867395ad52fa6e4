import {
  CloudWatchLogsClient,
  DeleteResourcePolicyCommand,
  DescribeResourcePoliciesCommand,
  PutResourcePolicyCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

// Protects the policies that let services write logs: a script that makes them for AWS runs here as well.

let cloud: TestCloud;
let logs: CloudWatchLogsClient;
beforeEach(async () => {
  cloud = await startTestCloud({ clock: "virtual" });
  logs = cloud.client(CloudWatchLogsClient);
});
afterEach(() => cloud.close());

const DOCUMENT = JSON.stringify({ Version: "2012-10-17", Statement: [] });
const put = (policyName: string, policyDocument = DOCUMENT) =>
  logs.send(new PutResourcePolicyCommand({ policyName, policyDocument }));
const names = async () => {
  const { resourcePolicies = [] } = await logs.send(new DescribeResourcePoliciesCommand());
  return resourcePolicies.map(({ policyName }) => policyName);
};

it("keeps, shows and deletes a policy of the account", async () => {
  const { resourcePolicy } = await put("events");
  expect(resourcePolicy).toEqual({
    policyName: "events",
    policyDocument: DOCUMENT,
    lastUpdatedTime: cloud.nowMs(),
    policyScope: "ACCOUNT",
  });
  await put("dns");
  await put("events");
  expect(await names()).toEqual(["dns", "events"]);
  await logs.send(new DeleteResourcePolicyCommand({ policyName: "events" }));
  expect(await names()).toEqual(["dns"]);
});

it("refuses what AWS refuses", async () => {
  const gone = logs.send(new DeleteResourcePolicyCommand({ policyName: "gone" }));
  await expect(gone).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  await expect(put("events", "no JSON")).rejects.toMatchObject({
    name: "InvalidParameterException",
  });
  for (let index = 0; index < 10; index++) await put(`policy-${index}`);
  await expect(put("one too many")).rejects.toMatchObject({ name: "LimitExceededException" });
  await put("policy-3");
});

it("says that policies of one log group are not there, and changes nothing", async () => {
  const resourceArn = "arn:aws:logs:us-east-1:000000000000:log-group:app";
  const policy = { policyName: "app", policyDocument: DOCUMENT, resourceArn };
  await expect(logs.send(new PutResourcePolicyCommand(policy))).rejects.toMatchObject({
    name: "NotImplemented",
  });
  expect(await names()).toEqual([]);
});
