// Protects what functions may do: they call with the sessions of their roles, and those are decided on like anybody's;
// who may invoke them, and whom they may tell how they ended.
import { Lambda } from "@aws-sdk/client-lambda";
import { SNS } from "@aws-sdk/client-sns";
import { afterAll, beforeAll, expect, it } from "vitest";
import { allowing, type IamCloud, startIamCloud } from "../support/iam-cloud.ts";
import { trustOf } from "../support/roles.ts";
import { eventually } from "../services/lambda/lambda-cloud.ts";
import { zipOf } from "../support/worker-cloud.ts";

const ROLE = "function";
const ACCOUNT = "000000000000";
const ARN = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:asks`;

/** Calls sns:ListTopics with the credentials that it was given; the cloud checks keys, not signatures. */
const ASKS = `
import os, urllib.error, urllib.request

def handler(event, context):
    key = os.environ["AWS_ACCESS_KEY_ID"]
    request = urllib.request.Request(
        os.environ["AWS_ENDPOINT_URL"],
        data=b"Action=ListTopics&Version=2010-03-31",
        headers={
            "authorization": f"AWS4-HMAC-SHA256 Credential={key}/20261121/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=0",
            "content-type": "application/x-www-form-urlencoded",
        },
    )
    try:
        return urllib.request.urlopen(request).read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()
`;

let cloud: IamCloud;
beforeAll(async () => {
  cloud = await startIamCloud();
  const { Role } = await cloud.iam.createRole({
    RoleName: ROLE,
    AssumeRolePolicyDocument: trustOf("lambda.amazonaws.com"),
  });
  const lambda = cloud.client(Lambda);
  await lambda.createFunction({
    FunctionName: "asks",
    Runtime: "python3.13",
    Handler: "app.handler",
    Role: Role?.Arn,
    Timeout: 30,
    Code: { ZipFile: await zipOf({ "app.py": ASKS }) },
  });
  await cloud.advance(5000);
});
afterAll(() => cloud.close());

async function invokedBy(lambda: Lambda): Promise<string> {
  const { Payload } = await lambda.invoke({ FunctionName: "asks" });
  return new TextDecoder().decode(Payload);
}

it("is what their role may, from the next call on", async () => {
  const lambda = cloud.client(Lambda);
  expect(await invokedBy(lambda)).toContain(
    `User: arn:aws:sts::${ACCOUNT}:assumed-role/${ROLE}/asks is not authorized to perform: SNS:ListTopics`,
  );
  await cloud.iam.putRolePolicy({
    RoleName: ROLE,
    PolicyName: "topics",
    PolicyDocument: JSON.stringify(allowing(["sns:ListTopics"])),
  });
  expect(await invokedBy(lambda)).toContain("ListTopicsResult");
});

it("tells a destination only what their role may tell", async () => {
  const lambda = cloud.client(Lambda);
  const sns = cloud.client(SNS);
  const { TopicArn = "" } = await sns.createTopic({ Name: "done" });
  const Endpoint = TopicArn.replace(":sns:", ":sqs:");
  await sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint });
  await lambda.putFunctionEventInvokeConfig({
    FunctionName: "asks",
    DestinationConfig: { OnSuccess: { Destination: TopicArn } },
  });
  const told = async () => (await fetch(`${cloud.url}/_headgate/outbox`)).text();
  const invoke = () => lambda.invoke({ FunctionName: "asks", InvocationType: "Event" });
  await invoke();
  await eventually(() => expect(cloud.warnings.join("\n")).toContain("SNS:Publish"));
  expect(cloud.warnings.join("\n")).toContain(
    `User: arn:aws:sts::${ACCOUNT}:assumed-role/${ROLE}/asks is not authorized to perform: SNS:Publish on resource: ${TopicArn}`,
  );
  expect(await told()).not.toContain(Endpoint);
  await cloud.iam.putRolePolicy({
    RoleName: ROLE,
    PolicyName: "done",
    PolicyDocument: JSON.stringify(allowing(["sns:Publish"], [TopicArn])),
  });
  await invoke();
  await eventually(async () => {
    await cloud.advance(0);
    expect(await told()).toContain(Endpoint);
  });
});

it("is invoked by whom a policy lets, its own or the caller's, for exactly what they name", async () => {
  const key = await cloud.user("caller");
  const lambda = cloud.as(Lambda, key);
  await expect(invokedBy(lambda)).rejects.toMatchObject({
    name: "AccessDeniedException",
    message: expect.stringContaining(`lambda:InvokeFunction on resource: ${ARN} because`),
  });
  await cloud.client(Lambda).addPermission({
    FunctionName: "asks",
    StatementId: "caller",
    Action: "lambda:InvokeFunction",
    Principal: `arn:aws:iam::${ACCOUNT}:user/caller`,
  });
  expect(await invokedBy(lambda)).toContain("ListTopics");
  // The function's policy speaks of the unqualified function, and of no version of it.
  await expect(lambda.invoke({ FunctionName: "asks", Qualifier: "$LATEST" })).rejects.toMatchObject(
    { name: "AccessDeniedException" },
  );
  await cloud.allow("caller", allowing(["lambda:InvokeFunction"], [`${ARN}:*`]));
  await lambda.invoke({ FunctionName: "asks", Qualifier: "$LATEST" });
});
