import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  DeleteParametersCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  LabelParameterVersionCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
  type PutParameterCommandInput,
  RemoveTagsFromResourceCommand,
  SSMClient,
  UnlabelParameterVersionCommand,
} from "@aws-sdk/client-ssm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

// Protects the parameter store: versions and labels, hierarchies, secrets that stay covered, and AWS's errors.

let cloud: TestCloud;
let ssm: SSMClient;
beforeEach(async () => {
  cloud = await startTestCloud();
  ssm = cloud.client(SSMClient);
});
afterEach(() => cloud.close());

const put = (Name: string, Value: string, more: Partial<PutParameterCommandInput> = {}) =>
  ssm.send(new PutParameterCommand({ Name, Value, Type: "String", ...more }));
const get = async (Name: string, WithDecryption?: boolean) =>
  (await ssm.send(new GetParameterCommand({ Name, WithDecryption }))).Parameter;
const label = (Name: string, ParameterVersion: number | undefined, ...Labels: string[]) =>
  ssm.send(new LabelParameterVersionCommand({ Name, ParameterVersion, Labels }));

describe("a parameter", () => {
  it("is found by its name, its ARN, a version and a label", async () => {
    expect(await put("/shop/host", "one")).toMatchObject({ Version: 1, Tier: "Standard" });
    await put("/shop/host", "two", { Overwrite: true });
    await label("/shop/host", 1, "blue");
    const ARN = "arn:aws:ssm:us-east-1:000000000000:parameter/shop/host";
    expect(await get("/shop/host")).toMatchObject({
      Name: "/shop/host",
      Type: "String",
      Value: "two",
      Version: 2,
      ARN,
      DataType: "text",
    });
    expect(await get(ARN)).toMatchObject({ Value: "two" });
    expect(await get(`${ARN}:1`)).toMatchObject({ Value: "one", Selector: ":1" });
    expect(await get("/shop/host:blue")).toMatchObject({ Value: "one", Selector: ":blue" });
    await expect(get("/shop/host:9")).rejects.toMatchObject({
      name: "ParameterVersionNotFound",
      message:
        "Systems Manager could not find version 9 of /shop/host. Verify the version and try again.",
    });
    await expect(get("/shop/none")).rejects.toMatchObject({ name: "ParameterNotFound" });
    const elsewhere = ["eu-west-1:000000000000", "us-east-1:111111111111"];
    for (const place of elsewhere) {
      const other = ARN.replace("us-east-1:000000000000", place);
      await expect(get(other)).rejects.toMatchObject({ name: "ParameterNotFound" });
      await expect(get(`${other}:1`)).rejects.toMatchObject({ name: "ParameterNotFound" });
    }
  });

  it("has an ARN without a second slash whatever its name begins with", async () => {
    await put("plain", "x");
    expect(await get("plain")).toMatchObject({
      ARN: "arn:aws:ssm:us-east-1:000000000000:parameter/plain",
    });
  });

  it("shows a secret only to who asks for it", async () => {
    await put("pw", "s3cret", { Type: "SecureString" });
    const covered = (await get("pw"))?.Value;
    expect(covered).toMatch(/^AQICAH/);
    expect((await get("pw"))?.Value).toBe(covered);
    expect(await get("pw", true)).toMatchObject({ Value: "s3cret", Type: "SecureString" });
  });

  it("refuses an overwrite that was not asked for, and a change of type", async () => {
    await put("a", "1");
    await expect(put("a", "2")).rejects.toMatchObject({
      name: "ParameterAlreadyExists",
      message:
        "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
    });
    await expect(put("a", "2", { Overwrite: true, Type: "StringList" })).rejects.toMatchObject({
      name: "HierarchyTypeMismatchException",
    });
    const again = new PutParameterCommand({ Name: "a", Value: "2", Overwrite: true });
    expect(await ssm.send(again)).toMatchObject({ Version: 2 });
  });

  it("keeps to its pattern, and a slow pattern does not hold the cloud", async () => {
    await put("n", "12", { AllowedPattern: String.raw`\d+` });
    await expect(put("m", "1x", { AllowedPattern: String.raw`\d+` })).rejects.toMatchObject({
      name: "ParameterPatternMismatchException",
      message: String.raw`Parameter value, cannot be validated against allowedPattern: \d+`,
    });
    await expect(put("m", "1", { AllowedPattern: "(" })).rejects.toMatchObject({
      name: "InvalidAllowedPatternException",
    });
    const slow = put("m", `${"a".repeat(60)}!`, { AllowedPattern: "(a+)+" });
    await expect(slow).rejects.toMatchObject({ name: "ParameterPatternMismatchException" });
  });

  it.each([
    ["aws-thing", "ValidationException"],
    ["/ssm/thing", "ValidationException"],
    ["a b", "ValidationException"],
    ["a/b", "ValidationException"],
    ["/a//b", "ValidationException"],
    ["/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", "HierarchyLevelLimitExceededException"],
  ])("cannot be named %s", async (name, error) => {
    await expect(put(name, "x")).rejects.toMatchObject({ name: error });
  });

  it("moves to the advanced tier when it must and may, and never back", async () => {
    const long = "x".repeat(4097);
    await expect(put("long", long)).rejects.toMatchObject({ name: "ValidationException" });
    const tiered = await put("long", long, { Tier: "Intelligent-Tiering" });
    expect(tiered.Tier).toBe("Advanced");
    await expect(put("long", "x", { Tier: "Standard", Overwrite: true })).rejects.toThrow(
      "You can't downgrade a parameter",
    );
  });
});

describe("versions and labels", () => {
  it("tells the history, each version with its own value and labels", async () => {
    await put("a", "1", { Description: "first" });
    await put("a", "2", { Overwrite: true });
    await label("a", 1, "old", "9bad", "awsBad");
    const { Parameters } = await ssm.send(new GetParameterHistoryCommand({ Name: "a" }));
    expect(Parameters).toMatchObject([
      { Version: 1, Value: "1", Labels: ["old"], Description: "first" },
      { Version: 2, Value: "2", Labels: [] },
    ]);
    expect(await label("a", undefined, "old", "9bad")).toMatchObject({
      InvalidLabels: ["9bad"],
      ParameterVersion: 2,
    });
    expect((await get("a:old"))?.Value).toBe("2");
    const unlabel = { Name: "a", ParameterVersion: 2, Labels: ["old", "none"] };
    expect(await ssm.send(new UnlabelParameterVersionCommand(unlabel))).toMatchObject({
      RemovedLabels: ["old"],
      InvalidLabels: ["none"],
    });
  });

  it("keeps a hundred versions, and stops when the oldest is labelled", async () => {
    await put("a", "1");
    for (let version = 2; version <= 101; version++) {
      await put("a", String(version), { Overwrite: true });
    }
    await expect(get("a:1")).rejects.toMatchObject({ name: "ParameterVersionNotFound" });
    await label("a", 2, "kept");
    await expect(put("a", "102", { Overwrite: true })).rejects.toMatchObject({
      name: "ParameterMaxVersionLimitExceeded",
    });
  });
});

describe("many parameters", () => {
  beforeEach(async () => {
    for (const name of ["/a/x", "/a/y", "/a/deep/z", "/b/x"]) await put(name, name);
    await put("/a/list", "1,2", { Type: "StringList", Tags: [{ Key: "team", Value: "shop" }] });
  });

  it("are listed by path, one level or all, page by page", async () => {
    const byPath = async (Path: string, Recursive: boolean) => {
      const { Parameters = [] } = await ssm.send(
        new GetParametersByPathCommand({ Path, Recursive }),
      );
      return Parameters.map(({ Name }) => Name);
    };
    expect(await byPath("/a", false)).toEqual(["/a/list", "/a/x", "/a/y"]);
    expect(await byPath("/a/", true)).toEqual(["/a/deep/z", "/a/list", "/a/x", "/a/y"]);
    expect(await byPath("/", true)).toHaveLength(5);
    const first = await ssm.send(
      new GetParametersByPathCommand({ Path: "/a", Recursive: true, MaxResults: 3 }),
    );
    const rest = await ssm.send(
      new GetParametersByPathCommand({ Path: "/a", Recursive: true, NextToken: first.NextToken }),
    );
    expect([first.Parameters?.length, rest.Parameters?.length, rest.NextToken]).toEqual([
      3,
      1,
      undefined,
    ]);
    await expect(byPath("a", true)).rejects.toMatchObject({ name: "ValidationException" });
  });

  it.each([
    [{ Key: "Type", Values: ["StringList"] }, ["/a/list"]],
    [{ Key: "Name", Option: "BeginsWith", Values: ["/a/x"] }, ["/a/x"]],
    [{ Key: "Name", Option: "Contains", Values: ["deep"] }, ["/a/deep/z"]],
    [{ Key: "Path", Option: "Recursive", Values: ["/b"] }, ["/b/x"]],
    [{ Key: "tag:team", Values: ["shop"] }, ["/a/list"]],
    [{ Key: "tag:team" }, ["/a/list"]],
    [{ Key: "tag:constructor" }, []],
    [{ Key: "tag:toString", Option: "BeginsWith", Values: ["function"] }, []],
  ])("are described by %o", async (filter, expected) => {
    const { Parameters = [] } = await ssm.send(
      new DescribeParametersCommand({ ParameterFilters: [filter] }),
    );
    expect(Parameters.map(({ Name }) => Name)).toEqual(expected);
    for (const parameter of Parameters) expect(parameter).not.toHaveProperty("Value");
  });

  it.each([
    [{ Key: "Label", Values: ["x"] }, "InvalidFilterKey"],
    [{ Key: "Type", Option: "Contains", Values: ["x"] }, "InvalidFilterOption"],
    [{ Key: "Name" }, "InvalidFilterValue"],
  ])("cannot be described by %o", async (filter, name) => {
    const send = ssm.send(new DescribeParametersCommand({ ParameterFilters: [filter] }));
    await expect(send).rejects.toMatchObject({ name, message: expect.stringContaining("filter") });
  });

  it("are read and deleted together, with those that are not there named", async () => {
    const Names = ["/b/x", "/none", "/a/x:1"];
    const read = await ssm.send(new GetParametersCommand({ Names }));
    expect(read.Parameters?.map(({ Name }) => Name)).toEqual(["/b/x", "/a/x"]);
    expect(read.InvalidParameters).toEqual(["/none"]);
    const deleted = await ssm.send(new DeleteParametersCommand({ Names: ["/b/x", "/none"] }));
    expect(deleted).toMatchObject({ DeletedParameters: ["/b/x"], InvalidParameters: ["/none"] });
    await ssm.send(new DeleteParameterCommand({ Name: "/a/x" }));
    await expect(get("/a/x")).rejects.toMatchObject({ name: "ParameterNotFound" });
  });

  it("carry tags", async () => {
    const resource = { ResourceType: "Parameter", ResourceId: "/a/list" } as const;
    await ssm.send(
      new AddTagsToResourceCommand({ ...resource, Tags: [{ Key: "env", Value: "dev" }] }),
    );
    await ssm.send(new RemoveTagsFromResourceCommand({ ...resource, TagKeys: ["team"] }));
    const { TagList } = await ssm.send(new ListTagsForResourceCommand(resource));
    expect(TagList).toEqual([{ Key: "env", Value: "dev" }]);
  });
});
