import { IAM } from "@aws-sdk/client-iam";
import { Lambda } from "@aws-sdk/client-lambda";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { ACCESS } from "./lambda-cloud.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { zipOf } from "./zip.ts";

interface TestCloud {
  readonly url: string;
  advance(ms: number): Promise<void>;
}

/** A function of a team's, made for an AppSpec. */
export interface Reporter {
  /** The events that it was invoked with. */
  events(): Promise<readonly Record<string, unknown>[]>;
  /** What CodeDeploy refused of its reports. */
  refusals(): Promise<readonly string[]>;
}

const TRUST = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
  ],
};
const MAY_REPORT = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Action: "codedeploy:PutLifecycleEventHookExecutionStatus",
      Resource: "*",
    },
  ],
};

/** Makes one that reports `statuses`, one after the other, by its own role; none of them: it never reports. */
export async function reporterFunction(
  cloud: TestCloud,
  FunctionName: string,
  statuses: readonly ("Succeeded" | "Failed")[],
): Promise<Reporter> {
  const own = { ...ACCESS, endpoint: cloud.url, maxAttempts: 1 };
  const [iam, lambda] = [new IAM(own), new Lambda(own)];
  onTestFinished(() => [iam, lambda].forEach((client) => client.destroy()));
  const RoleName = `${FunctionName}-role`;
  const { Role } = await iam.createRole({
    RoleName,
    AssumeRolePolicyDocument: JSON.stringify(TRUST),
  });
  await iam.putRolePolicy({
    RoleName,
    PolicyName: "report",
    PolicyDocument: JSON.stringify(MAY_REPORT),
  });
  const root = await temporaryFolder({ "events.jsonl": "", "refusals.txt": "" });
  await lambda.createFunction({
    FunctionName,
    Runtime: "python3.13",
    Handler: "app.handler",
    Role: Role?.Arn,
    Timeout: 30,
    Code: { ZipFile: await zipOf({ "app.py": source(root, statuses) }) },
  });
  for (let turn = 0; turn < 100; turn++) {
    const { State } = await lambda.getFunctionConfiguration({ FunctionName });
    if (State === "Active") break;
    await cloud.advance(1000);
  }
  const linesOf = async (file: string) =>
    (await readFile(join(root, file), "utf8")).split("\n").filter((line) => line !== "");
  return {
    events: async () =>
      (await linesOf("events.jsonl")).map((line): Record<string, unknown> => JSON.parse(line)),
    refusals: () => linesOf("refusals.txt"),
  };
}

/** Without the SDK, which not every machine has for Python: the call that it would make. */
function source(root: string, statuses: readonly string[]): string {
  return `
import json, os, urllib.error, urllib.request

def handler(event, context):
    with open(os.path.join(${JSON.stringify(root)}, 'events.jsonl'), 'a') as file:
        file.write(json.dumps(event) + '\\n')
    for status in ${JSON.stringify(statuses)}:
        body = json.dumps({
            'deploymentId': event['DeploymentId'],
            'lifecycleEventHookExecutionId': event['LifecycleEventHookExecutionId'],
            'status': status,
        })
        request = urllib.request.Request(os.environ['AWS_ENDPOINT_URL'], body.encode(), {
            'Content-Type': 'application/x-amz-json-1.1',
            'X-Amz-Target': 'CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus',
            'X-Amz-Security-Token': os.environ['AWS_SESSION_TOKEN'],
            'Authorization': 'AWS4-HMAC-SHA256 Credential=' + os.environ['AWS_ACCESS_KEY_ID']
                + '/20261121/us-east-1/codedeploy/aws4_request, SignedHeaders=host, Signature=0',
        })
        try:
            urllib.request.urlopen(request).read()
        except urllib.error.HTTPError as error:
            with open(os.path.join(${JSON.stringify(root)}, 'refusals.txt'), 'a') as file:
                file.write(error.read().decode() + '\\n')
`;
}

/** Reads until it is so, while the functions run that have an hour of the cloud's time. */
export async function eventually<Value>(
  cloud: TestCloud,
  read: () => Promise<Value>,
  isIt: (value: Value) => boolean,
): Promise<Value> {
  let last: Value | undefined;
  for (let look = 0; look < 2000; look++) {
    last = await read();
    if (isIt(last)) return last;
    await cloud.advance(10);
  }
  throw new Error(`it did not come to that: ${JSON.stringify(last)}`);
}
