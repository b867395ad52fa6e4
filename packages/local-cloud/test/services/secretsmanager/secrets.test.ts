import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  type GetSecretValueCommandInput,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

// Protects secrets: versions and their labels, deletion and recovery, idempotence, AWS's errors.

const DAY_MS = 24 * 3600 * 1000;
let cloud: TestCloud;
let secrets: SecretsManagerClient;
beforeEach(async () => {
  cloud = await startTestCloud({ clock: "virtual" });
  secrets = cloud.client(SecretsManagerClient);
});
afterEach(() => cloud.close());

const create = (Name: string, SecretString?: string, ClientRequestToken?: string) =>
  secrets.send(new CreateSecretCommand({ Name, SecretString, ClientRequestToken }));
const get = (SecretId: string, changes: Partial<GetSecretValueCommandInput> = {}) =>
  secrets.send(new GetSecretValueCommand({ SecretId, ...changes }));
const put = (SecretId: string, SecretString: string, ClientRequestToken?: string) =>
  secrets.send(new PutSecretValueCommand({ SecretId, SecretString, ClientRequestToken }));
const describeSecret = (SecretId: string) => secrets.send(new DescribeSecretCommand({ SecretId }));
const notFound = {
  name: "ResourceNotFoundException",
  message: "Secrets Manager can't find the specified secret.",
};
const token = (digit: number) => `00000000-0000-4000-8000-${String(digit).padStart(12, "0")}`;

describe("a secret", () => {
  it("is read by name, by ARN and by ARN without its six characters", async () => {
    const { ARN = "" } = await create("app/db", "s3cret");
    expect(ARN).toMatch(
      /^arn:aws:secretsmanager:us-east-1:000000000000:secret:app\/db-[A-Za-z0-9]{6}$/,
    );
    for (const id of ["app/db", ARN, ARN.slice(0, -7)]) {
      expect(await get(id)).toMatchObject({
        ARN,
        Name: "app/db",
        SecretString: "s3cret",
        VersionStages: ["AWSCURRENT"],
      });
    }
    await expect(get("none")).rejects.toMatchObject(notFound);
    await expect(get(`${ARN.slice(0, -6)}zzzzzz`)).rejects.toMatchObject(notFound);
  });

  it("keeps bytes as bytes", async () => {
    const SecretBinary = Uint8Array.of(0, 255, 7);
    await secrets.send(new CreateSecretCommand({ Name: "key", SecretBinary }));
    const found = await get("key");
    expect([...(found.SecretBinary ?? [])]).toEqual([0, 255, 7]);
    expect(found.SecretString).toBeUndefined();
  });

  it("may have no value yet", async () => {
    expect((await create("empty")).VersionId).toBeUndefined();
    await expect(get("empty")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message:
        "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    });
  });

  it("exists once; the same request again is answered the same", async () => {
    const first = await create("app", "one", token(1));
    expect((await create("app", "one", token(1))).ARN).toBe(first.ARN);
    for (const [value, id] of [
      ["two", token(1)],
      ["one", token(2)],
    ] as const) {
      await expect(create("app", value, id)).rejects.toMatchObject({
        name: "ResourceExistsException",
        message: "The operation failed because the secret app already exists.",
      });
    }
  });

  it("is listed, filtered and tagged", async () => {
    await create("shop/db", "x");
    await create("shop/api", "x");
    await create("other", "x");
    const Tags = [{ Key: "team", Value: "shop" }];
    await secrets.send(new TagResourceCommand({ SecretId: "other", Tags }));
    const list = async (Filters: { Key: "name" | "tag-key"; Values: string[] }[]) => {
      const answer = await secrets.send(new ListSecretsCommand({ Filters, SortOrder: "asc" }));
      return answer.SecretList?.map(({ Name }) => Name);
    };
    expect(await list([{ Key: "name", Values: ["shop/"] }])).toEqual(["shop/db", "shop/api"]);
    expect(await list([{ Key: "name", Values: ["!shop/"] }])).toEqual(["other"]);
    expect(await list([{ Key: "tag-key", Values: ["team"] }])).toEqual(["other"]);
    expect((await describeSecret("other")).Tags).toEqual(Tags);
    await secrets.send(new UntagResourceCommand({ SecretId: "other", TagKeys: ["team"] }));
    expect((await describeSecret("other")).Tags).toEqual([]);
  });
});

describe("versions", () => {
  it("pass AWSCURRENT on and keep the one before as AWSPREVIOUS", async () => {
    const one = await create("app", "one");
    const two = await put("app", "two");
    const three = await put("app", "three");
    expect((await get("app")).SecretString).toBe("three");
    expect((await get("app", { VersionStage: "AWSPREVIOUS" })).SecretString).toBe("two");
    expect((await get("app", { VersionId: one.VersionId })).SecretString).toBe("one");
    expect((await describeSecret("app")).VersionIdsToStages).toEqual({
      [two.VersionId ?? ""]: ["AWSPREVIOUS"],
      [three.VersionId ?? ""]: ["AWSCURRENT"],
    });
    const command = new ListSecretVersionIdsCommand({ SecretId: "app", IncludeDeprecated: true });
    expect((await secrets.send(command)).Versions).toHaveLength(3);
    await expect(
      get("app", { VersionId: two.VersionId, VersionStage: "AWSCURRENT" }),
    ).rejects.toMatchObject({ name: "InvalidRequestException" });
  });

  it("are put once for each request token", async () => {
    await create("app", "one");
    await put("app", "two", token(2));
    expect((await put("app", "two", token(2))).VersionId).toBe(token(2));
    expect((await get("app", { VersionStage: "AWSPREVIOUS" })).SecretString).toBe("one");
    await expect(put("app", "three", token(2))).rejects.toMatchObject({
      name: "ResourceExistsException",
    });
    expect((await get("app")).SecretString).toBe("two");
  });

  it("come from UpdateSecret only with a value", async () => {
    const { VersionId } = await create("app", "one");
    await secrets.send(new UpdateSecretCommand({ SecretId: "app", Description: "d" }));
    expect(await get("app")).toMatchObject({ VersionId, SecretString: "one" });
    expect((await describeSecret("app")).Description).toBe("d");
    await secrets.send(new UpdateSecretCommand({ SecretId: "app", SecretString: "two" }));
    expect((await get("app")).SecretString).toBe("two");
  });

  it("can be rolled back by moving the label", async () => {
    const one = await create("app", "one");
    const two = await put("app", "two");
    await secrets.send(
      new UpdateSecretVersionStageCommand({
        SecretId: "app",
        VersionStage: "AWSCURRENT",
        MoveToVersionId: one.VersionId,
        RemoveFromVersionId: two.VersionId,
      }),
    );
    expect((await get("app")).SecretString).toBe("one");
    expect((await get("app", { VersionStage: "AWSPREVIOUS" })).SecretString).toBe("two");
  });
});

describe("deletion", () => {
  const remove = (changes: object = {}) =>
    secrets.send(new DeleteSecretCommand({ SecretId: "app", ...changes }));

  it("waits for the recovery window, from which the secret can come back", async () => {
    await create("app", "one");
    const { DeletionDate } = await remove({ RecoveryWindowInDays: 7 });
    expect(DeletionDate?.getTime()).toBe(cloud.nowMs() + 7 * DAY_MS);
    await expect(get("app")).rejects.toMatchObject({
      name: "InvalidRequestException",
      message: "You can't perform this operation on the secret because it was marked for deletion.",
    });
    await expect(create("app", "two")).rejects.toMatchObject({
      name: "InvalidRequestException",
      message:
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
    });
    expect((await secrets.send(new ListSecretsCommand({}))).SecretList).toEqual([]);
    await secrets.send(new RestoreSecretCommand({ SecretId: "app" }));
    expect((await get("app")).SecretString).toBe("one");
  });

  it("is final after the window, by the cloud's clock", async () => {
    const { ARN } = await create("app", "one");
    await remove({ RecoveryWindowInDays: 7 });
    await cloud.advance(7 * DAY_MS);
    await expect(describeSecret("app")).rejects.toMatchObject(notFound);
    expect((await create("app", "two")).ARN).not.toBe(ARN);
  });

  it("is immediate when forced", async () => {
    await create("app", "one");
    await remove({ ForceDeleteWithoutRecovery: true });
    await expect(get("app")).rejects.toMatchObject(notFound);
    await expect(remove()).rejects.toMatchObject(notFound);
    expect((await remove({ ForceDeleteWithoutRecovery: true })).Name).toBe("app");
  });

  it.each([
    [
      { RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true },
      "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
    ],
    [
      { RecoveryWindowInDays: 3 },
      "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
    ],
  ])("refuses %o", async (changes, message) => {
    await create("app", "one");
    await expect(remove(changes)).rejects.toMatchObject({
      name: "InvalidParameterException",
      message,
    });
    expect((await get("app")).SecretString).toBe("one");
  });
});
