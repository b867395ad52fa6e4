// Protects data on a disk that refuses writes: each refused call says so and changes nothing, what was
// acknowledged before stays, and the cloud goes on answering. The refusal is the system's own: a limit on
// the size of a process's files, which every machine has, stands for a disk that is full.
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  FilterLogEventsCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  SecretsManagerClient,
  type SecretListEntry,
} from "@aws-sdk/client-secrets-manager";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorOf } from "../services/lambda/lambda-cloud.ts";
import { zipOf } from "../support/worker-cloud.ts";
import { type ChildCloud, startChildCloud } from "./child-cloud.ts";

let directory: string;
let cloud: ChildCloud | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "headgate-disk-"));
});
afterEach(async () => {
  await cloud?.end("SIGKILL");
  cloud = undefined;
  rmSync(directory, { recursive: true, force: true });
});

/** Files may have so many blocks of 512 bytes. */
async function start(blocks?: number): Promise<ChildCloud> {
  await cloud?.end("SIGKILL");
  const before = blocks === undefined ? "" : `ulimit -f ${blocks};`;
  cloud = await startChildCloud({ argv: ["--data-dir", join(directory, "data")], before });
  return cloud;
}

/** Creates secrets of 50 kB until one is refused; their names, and the refusal. */
async function fill(running: ChildCloud, prefix: string) {
  const client = running.client(SecretsManagerClient);
  const kept: string[] = [];
  for (let index = 0; index < 200; index++) {
    const Name = `${prefix}${index}`;
    const SecretString = Name.padEnd(50_000, "x");
    const error = await client.send(new CreateSecretCommand({ Name, SecretString })).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error !== undefined) return { kept, refused: await errorOf(Promise.reject(error)) };
    kept.push(Name);
  }
  throw new Error("the disk took everything");
}

async function namesOf(running: ChildCloud): Promise<string[]> {
  const client = running.client(SecretsManagerClient);
  const list: SecretListEntry[] = [];
  for (let NextToken: string | undefined; ;) {
    const page = await client.send(new ListSecretsCommand({ MaxResults: 100, NextToken }));
    list.push(...(page.SecretList ?? []));
    NextToken = page.NextToken;
    if (NextToken === undefined) return list.map(({ Name = "" }) => Name).sort();
  }
}

describe("a disk that takes no more", () => {
  it("keeps exactly what was acknowledged, and says what to do about the rest", async () => {
    const small = await start(2000);
    const stream = { logGroupName: "app", logStreamName: "one" };
    const logs = small.client(CloudWatchLogsClient);
    await logs.send(new CreateLogGroupCommand({ logGroupName: "app" }));
    await logs.send(new CreateLogStreamCommand(stream));
    const { kept, refused } = await fill(small, "s");
    expect(kept.length).toBeGreaterThan(2);
    expect(refused).toMatchObject({
      name: "InternalFailure",
      status: 500,
      message: expect.stringMatching(
        /^the data directory refused a write: .+ Nothing was changed\. Free some space or make it writable, then try again\.$/,
      ),
    });
    expect(await namesOf(small)).toEqual(kept.toSorted());
    const logEvents = [{ timestamp: Date.now(), message: "x".repeat(200_000) }];
    const put = logs.send(new PutLogEventsCommand({ ...stream, logEvents }));
    expect(await errorOf(put)).toMatchObject({ name: "InternalFailure", status: 500 });
    const found = await logs.send(new FilterLogEventsCommand({ logGroupName: "app" }));
    expect(found.events).toEqual([]);
    expect((await fetch(`${small.url}/_headgate/health`)).status).toBe(200);

    const large = await start();
    expect(await namesOf(large)).toEqual(kept.toSorted());
    const last = kept.at(-1) ?? "";
    const value = await large
      .client(SecretsManagerClient)
      .send(new GetSecretValueCommand({ SecretId: last }));
    expect(value.SecretString).toBe(last.padEnd(50_000, "x"));
    await large
      .client(SecretsManagerClient)
      .send(new CreateSecretCommand({ Name: "after", SecretString: "x" }));
    expect(await namesOf(large)).toContain("after");
    const later = await large
      .client(CloudWatchLogsClient)
      .send(new FilterLogEventsCommand({ logGroupName: "app" }));
    expect(later.events).toEqual([]);
  });

  it("refuses a function's code whole", async () => {
    const small = await start(2000);
    const Statement = [
      { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
    ];
    await small.client(IAMClient).send(
      new CreateRoleCommand({
        RoleName: "shop",
        AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }),
      }),
    );
    const ballast = randomBytes(1_200_000).toString("base64");
    const create = small.client(LambdaClient).send(
      new CreateFunctionCommand({
        FunctionName: "big",
        Role: "arn:aws:iam::000000000000:role/shop",
        Runtime: "python3.13",
        Handler: "app.handler",
        Code: { ZipFile: await zipOf({ "app.py": "", ballast }) },
      }),
    );
    expect(await errorOf(create)).toMatchObject({
      name: "InternalFailure",
      status: 500,
      message: expect.stringMatching(
        /^the data directory refused a write: EFBIG.* Nothing was changed\./,
      ),
    });
    const { Functions } = await small.client(LambdaClient).send(new ListFunctionsCommand({}));
    expect(Functions).toEqual([]);
    expect(readdirSync(join(directory, "data", "blobs"))).toEqual([]);
  });
});

describe("a data directory that cannot be used", () => {
  it("ends the start with the reason and what to do", async () => {
    const file = join(directory, "file");
    writeFileSync(file, "");
    await expect(startChildCloud({ argv: ["--data-dir", join(file, "data")] })).rejects.toThrow(
      /cannot use the data directory .*ENOTDIR.*Give --data-dir a directory that this user may write/s,
    );
  });

  it("that is full from the start ends it too", async () => {
    await expect(
      startChildCloud({ argv: ["--data-dir", directory], before: "ulimit -f 1;" }),
    ).rejects.toThrow(/data directory .*--data-dir/s);
  });

  it("that another cloud has is refused by name", async () => {
    await start();
    await expect(
      startChildCloud({ argv: ["--data-dir", join(directory, "data")] }),
    ).rejects.toThrow(
      /cannot lock the data directory .*stop that one or give this one a --data-dir of its own/s,
    );
  });
});
