import {
  DeleteLifecyclePolicyCommand,
  GetLifecyclePolicyCommand,
  GetLifecyclePolicyPreviewCommand,
  ListImagesCommand,
  PutLifecyclePolicyCommand,
  StartLifecyclePolicyPreviewCommand,
} from "@aws-sdk/client-ecr";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Candidate, expiredImages } from "../../../src/services/ecr/lifecycle/expiry.ts";
import { parsePolicy } from "../../../src/services/ecr/lifecycle/policy.ts";
import {
  type EcrCloud,
  HOUR_MS,
  pushImage,
  registryClient,
  startEcrCloud,
  START_MS,
} from "./ecr-cloud.ts";

// Protects lifecycle policies: what they expire is what AWS documents, and nothing else ever goes.

const DAY_MS = 24 * HOUR_MS;
const rule = (rulePriority: number, selection: Record<string, unknown>) => ({
  rulePriority,
  description: "A rule of this test, so that the text has the length that AWS asks for.",
  selection,
  action: { type: "expire" },
});
const policy = (...rules: unknown[]) => JSON.stringify({ rules });
const newest = (countNumber: number, more: Record<string, unknown>) => ({
  countType: "imageCountMoreThan",
  countNumber,
  ...more,
});
const younger = (countNumber: number, more: Record<string, unknown>) => ({
  countType: "sinceImagePushed",
  countUnit: "days",
  countNumber,
  ...more,
});

/** Named by age: "1" was pushed a day ago. */
const aged = (days: number, ...tags: string[]): Candidate => ({
  digest: String(days),
  tags,
  pushedAtMs: START_MS - days * DAY_MS,
});

describe("rules", () => {
  const untagged = { tagStatus: "untagged" };
  const tagged = (...tagPrefixList: string[]) => ({ tagStatus: "tagged", tagPrefixList });
  const images = [aged(1), aged(2, "v1"), aged(3), aged(4, "v2", "prod"), aged(5, "dev")];

  it.each<[string, unknown[], [string, number][]]>([
    [
      "keep the newest",
      [rule(1, newest(2, { tagStatus: "any" }))],
      [
        ["5", 1],
        ["4", 1],
        ["3", 1],
      ],
    ],
    ["look at untagged ones", [rule(1, younger(2, untagged))], [["3", 1]]],
    ["look at one prefix", [rule(1, newest(1, tagged("v")))], [["4", 1]]],
    ["want every prefix", [rule(1, younger(1, tagged("v", "prod")))], [["4", 1]]],
    [
      "look at patterns",
      [rule(1, younger(1, { tagStatus: "tagged", tagPatternList: ["*ro*"] }))],
      [["4", 1]],
    ],
    [
      "leave what an earlier rule looked at",
      [rule(1, newest(9, tagged("v"))), rule(2, newest(1, { tagStatus: "any" }))],
      [
        ["5", 2],
        ["3", 2],
      ],
    ],
    [
      "go by priority, not by place",
      [rule(5, newest(1, { tagStatus: "any" })), rule(2, younger(2, untagged))],
      [
        ["5", 5],
        ["4", 5],
        ["3", 2],
        ["2", 5],
      ],
    ],
  ])("%s", (_what, rules, wanted) => {
    const expired = expiredImages(parsePolicy(policy(...rules)), images, START_MS);
    expect(expired.map(({ image, rulePriority }) => [image.digest, rulePriority])).toEqual(wanted);
  });
});

describe("a policy", () => {
  const repositoryName = "shop";
  let cloud: EcrCloud;
  beforeEach(async () => {
    cloud = await startEcrCloud();
    await cloud.createRepository(repositoryName);
  });
  afterEach(() => cloud.close());

  const put = (lifecyclePolicyText: string) =>
    cloud.ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }));
  const get = () => cloud.ecr.send(new GetLifecyclePolicyCommand({ repositoryName }));
  const tags = async () => {
    const { imageIds } = await cloud.ecr.send(new ListImagesCommand({ repositoryName }));
    return imageIds?.map(({ imageTag }) => imageTag);
  };
  const push = async (...wanted: string[]) => {
    const registry = registryClient(cloud.url, await cloud.logIn());
    for (const tag of wanted) {
      await pushImage(registry, repositoryName, { tag, layer: tag });
      await cloud.advance(1000);
    }
  };

  it("expires images on the cloud's clock, and those pushed later too", async () => {
    await push("v1", "v2", "v3");
    const text = policy(rule(1, newest(2, { tagStatus: "any" })));
    await put(text);
    expect(await tags()).toEqual(["v1", "v2", "v3"]);
    await cloud.advance(HOUR_MS);
    expect(await tags()).toEqual(["v2", "v3"]);
    const { lastEvaluatedAt, lifecyclePolicyText } = await get();
    expect(lifecyclePolicyText).toBe(text);
    expect(lastEvaluatedAt?.getTime()).toBe(START_MS + 3000 + HOUR_MS);
    await push("v4");
    await cloud.advance(HOUR_MS);
    expect(await tags()).toEqual(["v3", "v4"]);
  });

  it("expires by age, and no more once it is deleted", async () => {
    await push("old");
    await put(policy(rule(1, younger(2, { tagStatus: "any" }))));
    await cloud.advance(DAY_MS);
    await push("new");
    expect(await tags()).toEqual(["old", "new"]);
    await cloud.advance(DAY_MS + 2 * HOUR_MS);
    expect(await tags()).toEqual(["new"]);
    await cloud.ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName }));
    await expect(get()).rejects.toMatchObject({
      name: "LifecyclePolicyNotFoundException",
      message:
        "Lifecycle policy does not exist for the repository with name 'shop' in the registry with id '000000000000'",
    });
    await cloud.advance(9 * DAY_MS);
    expect(await tags()).toEqual(["new"]);
  });

  it("shows in a preview what it would expire, and expires nothing", async () => {
    const show = () => cloud.ecr.send(new GetLifecyclePolicyPreviewCommand({ repositoryName }));
    await expect(show()).rejects.toMatchObject({ name: "LifecyclePolicyPreviewNotFoundException" });
    await push("v1", "v2");
    const lifecyclePolicyText = policy(rule(7, newest(1, { tagStatus: "any" })));
    await cloud.ecr.send(
      new StartLifecyclePolicyPreviewCommand({ repositoryName, lifecyclePolicyText }),
    );
    expect(await show()).toMatchObject({
      status: "COMPLETE",
      summary: { expiringImageTotalCount: 1 },
      previewResults: [{ imageTags: ["v1"], appliedRulePriority: 7, action: { type: "EXPIRE" } }],
    });
    await cloud.advance(DAY_MS);
    expect(await tags()).toEqual(["v1", "v2"]);
  });

  const any = { tagStatus: "any" };
  it.each<[string, unknown[]]>([
    ["without rules", []],
    ["with two of one priority", [rule(1, newest(1, any)), rule(1, newest(1, any))]],
    [
      "with any before others",
      [rule(1, newest(1, any)), rule(2, newest(1, { tagStatus: "untagged" }))],
    ],
    ["with tagged and no tags", [rule(1, newest(1, { tagStatus: "tagged" }))]],
    [
      "with tags and untagged",
      [rule(1, newest(1, { tagStatus: "untagged", tagPrefixList: ["v"] }))],
    ],
    ["with a count of none", [rule(1, newest(0, any))]],
    ["with weeks", [rule(1, { ...younger(1, any), countUnit: "weeks" })]],
    [
      "with five wildcards",
      [rule(1, newest(1, { tagStatus: "tagged", tagPatternList: ["*a*b*c*d*"] }))],
    ],
    ["with another action", [{ ...rule(1, newest(1, any)), action: { type: "keep" } }]],
  ])("%s is refused", async (_what, rules) => {
    const text = policy(...rules).padEnd(100);
    await expect(put(text)).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: expect.stringContaining("Lifecycle policy validation failure"),
    });
  });
});
