import {
  CreateRepositoryCommand,
  type CreateRepositoryCommandInput,
  DeleteRepositoryCommand,
  DeleteRepositoryPolicyCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand,
  paginateDescribeRepositories,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  SetRepositoryPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-ecr";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type EcrCloud,
  HOUR_MS,
  pushImage,
  registryClient,
  startEcrCloud,
  START_MS,
} from "./ecr-cloud.ts";

// Protects repositories: their names, settings, tags and policies, and that none goes with images in it unasked.

let cloud: EcrCloud;
beforeEach(async () => {
  cloud = await startEcrCloud();
});
afterEach(() => cloud.close());

const ARN = "arn:aws:ecr:us-east-1:000000000000:repository/team/shop";
const create = (more: Partial<CreateRepositoryCommandInput> = {}) =>
  cloud.ecr.send(new CreateRepositoryCommand({ repositoryName: "team/shop", ...more }));
const describeOne = async () => {
  const repositoryNames = ["team/shop"];
  const { repositories } = await cloud.ecr.send(
    new DescribeRepositoriesCommand({ repositoryNames }),
  );
  return repositories?.[0];
};

describe("a repository", () => {
  it("shows what it was made with, and what AWS adds", async () => {
    const { repository } = await create({ imageScanningConfiguration: { scanOnPush: true } });
    expect(repository).toEqual({
      repositoryArn: ARN,
      registryId: "000000000000",
      repositoryName: "team/shop",
      repositoryUri: `127.0.0.1:${cloud.port}/team/shop`,
      createdAt: new Date(START_MS),
      imageTagMutability: "MUTABLE",
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: { encryptionType: "AES256" },
    });
    expect(await describeOne()).toEqual(repository);
  });

  it("is made once", async () => {
    await create();
    await expect(create()).rejects.toMatchObject({
      name: "RepositoryAlreadyExistsException",
      message:
        "The repository with name 'team/shop' already exists in the registry with id '000000000000'",
    });
  });

  it.each(["A", "Team", "-x", "x/", "a//b", "../x", "a..b"])("is not called %s", async (name) => {
    await expect(create({ repositoryName: name })).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
  });

  it("is its account's and region's alone", async () => {
    await create();
    for (const overrides of [{ region: "eu-west-1" }, { account: "111111111111" }]) {
      const other = cloud.client(ECRClient, overrides);
      const { repositories } = await other.send(new DescribeRepositoriesCommand({}));
      expect(repositories).toEqual([]);
    }
  });

  it("keeps the key it is said to be encrypted with", async () => {
    const kmsKey = "arn:aws:kms:us-east-1:000000000000:key/k";
    await create({ encryptionConfiguration: { encryptionType: "KMS", kmsKey } });
    expect((await describeOne())?.encryptionConfiguration).toEqual({
      encryptionType: "KMS",
      kmsKey,
    });
  });

  it("goes when it is empty, or by force", async () => {
    await create();
    await pushImage(registryClient(cloud.url, await cloud.logIn()), "team/shop", { tag: "v1" });
    const remove = (force: boolean) =>
      cloud.ecr.send(new DeleteRepositoryCommand({ repositoryName: "team/shop", force }));
    await expect(remove(false)).rejects.toMatchObject({
      name: "RepositoryNotEmptyException",
      message:
        "The repository with name 'team/shop' in registry with id '000000000000' cannot be deleted " +
        "because it still contains images",
    });
    expect((await remove(true)).repository?.repositoryName).toBe("team/shop");
    await expect(remove(true)).rejects.toMatchObject({ name: "RepositoryNotFoundException" });
  });
});

it("lists repositories in pages, in the order of their names", async () => {
  for (const name of ["bb", "cc", "aa"]) await cloud.createRepository(name);
  const pages: (string | undefined)[][] = [];
  for await (const { repositories } of paginateDescribeRepositories(
    { client: cloud.ecr, pageSize: 2 },
    {},
  )) {
    pages.push((repositories ?? []).map(({ repositoryName }) => repositoryName));
  }
  expect(pages).toEqual([["aa", "bb"], ["cc"]]);
  await expect(
    cloud.ecr.send(new DescribeRepositoriesCommand({ nextToken: "bad" })),
  ).rejects.toMatchObject({ name: "InvalidParameterException" });
});

describe("settings", () => {
  it("say which tags may move", async () => {
    const filters = [{ filterType: "WILDCARD" as const, filter: "dev-*" }];
    await create();
    await cloud.ecr.send(
      new PutImageTagMutabilityCommand({
        repositoryName: "team/shop",
        imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters: filters,
      }),
    );
    expect(await describeOne()).toMatchObject({
      imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
      imageTagMutabilityExclusionFilters: filters,
    });
    for (const wrong of [
      { imageTagMutability: "IMMUTABLE_WITH_EXCLUSION" as const },
      { imageTagMutability: "MUTABLE" as const, imageTagMutabilityExclusionFilters: filters },
    ]) {
      const input = { repositoryName: "team/shop", ...wrong };
      await expect(cloud.ecr.send(new PutImageTagMutabilityCommand(input))).rejects.toMatchObject({
        name: "InvalidParameterException",
      });
    }
  });

  it("take scans on push, which nobody does here", async () => {
    await create();
    const imageScanningConfiguration = { scanOnPush: true };
    await cloud.ecr.send(
      new PutImageScanningConfigurationCommand({
        repositoryName: "team/shop",
        imageScanningConfiguration,
      }),
    );
    expect((await describeOne())?.imageScanningConfiguration).toEqual({ scanOnPush: true });
  });
});

describe("tags", () => {
  it("are set, added, taken away and listed", async () => {
    await create({ tags: [{ Key: "team", Value: "a" }] });
    const tags = [{ Key: "stage", Value: "live" }];
    await cloud.ecr.send(new TagResourceCommand({ resourceArn: ARN, tags }));
    await cloud.ecr.send(new UntagResourceCommand({ resourceArn: ARN, tagKeys: ["team"] }));
    const listed = await cloud.ecr.send(new ListTagsForResourceCommand({ resourceArn: ARN }));
    expect(listed.tags).toEqual(tags);
  });

  it("are at most fifty", async () => {
    const tags = Array.from({ length: 51 }, (_none, index) => ({ Key: `k${index}`, Value: "" }));
    await expect(create({ tags })).rejects.toMatchObject({ name: "TooManyTagsException" });
  });
});

describe("a policy", () => {
  const repositoryName = "team/shop";
  const get = () => cloud.ecr.send(new GetRepositoryPolicyCommand({ repositoryName }));
  const set = (policyText: string) =>
    cloud.ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText }));

  it("is kept, shown and removed", async () => {
    await create();
    await expect(get()).rejects.toMatchObject({ name: "RepositoryPolicyNotFoundException" });
    const statement = { Sid: "pull", Effect: "Allow", Principal: "*", Action: "ecr:BatchGetImage" };
    const policyText = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    await set(policyText);
    expect((await get()).policyText).toBe(policyText);
    await cloud.ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName }));
    await expect(get()).rejects.toMatchObject({ name: "RepositoryPolicyNotFoundException" });
  });

  it.each(["{", "{}", '{"Statement":[]}', '{"Statement":[{"Effect":"Maybe","Action":"*"}]}'])(
    "is not %s",
    async (text) => {
      await create();
      await expect(set(text)).rejects.toMatchObject({ name: "InvalidParameterException" });
    },
  );
});

it("gives a password that lasts twelve hours, for the user AWS", async () => {
  const { authorizationData } = await cloud.ecr.send(new GetAuthorizationTokenCommand({}));
  const [data] = authorizationData ?? [];
  expect(data?.proxyEndpoint).toBe(cloud.url);
  expect(data?.expiresAt).toEqual(new Date(START_MS + 12 * HOUR_MS));
  expect(Buffer.from(data?.authorizationToken ?? "", "base64").toString()).toMatch(/^AWS:.{20,}$/);
});
