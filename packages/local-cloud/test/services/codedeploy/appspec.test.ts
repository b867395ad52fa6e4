// Protects how AppSpecs are read: both notations and spellings, and every rule, told as the end of a deployment.
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { CreateDeploymentCommand, GetApplicationRevisionCommand } from "@aws-sdk/client-codedeploy";
import { UpdateAliasCommand } from "@aws-sdk/client-lambda";
import { createHash } from "node:crypto";
import { errorOf } from "../lambda/lambda-cloud.ts";
import { readEcsAppSpec } from "../../../src/services/codedeploy/revisions/ecs-appspec.ts";
import { appSpec, deployCloud, type DeployCloud } from "./deploy-cloud.ts";

let at: DeployCloud;
beforeAll(async () => {
  at = await deployCloud();
  await at.group();
});
afterAll(() => at.close());
afterEach(() =>
  at.lambda.send(
    new UpdateAliasCommand({
      FunctionName: "orders",
      Name: "live",
      FunctionVersion: "1",
      RoutingConfig: { AdditionalVersionWeights: {} },
    }),
  ),
);

const YAML = `version: 0.0
Resources:
  - orders:
      Type: AWS::Lambda::Function
      Properties:
        Name: orders
        Alias: live
        CurrentVersion: 1
        TargetVersion: "2"
Hooks: []
`;
const LOWER = `version: 0.0
resources:
  - orders:
      type: AWS::Lambda::Function
      properties:
        name: orders
        alias: live
        currentversion: 1
        targetversion: 2
`;

describe("what is fine", () => {
  it.each([
    ["JSON", appSpec()],
    ["YAML", YAML],
    ["lower case", LOWER],
    ["no hooks", YAML.replace("Hooks: []\n", "")],
    ["empty hooks", YAML.replace("Hooks: []", "Hooks:")],
  ])("%s", async (_name, content) => {
    const id = await at.start(content);
    expect([await at.statusOf(id), await at.alias()]).toEqual(["Succeeded", "2"]);
  });

  it("a function by its ARN", async () => {
    const name = "arn:aws:lambda:us-east-1:000000000000:function:orders";
    const id = await at.start(appSpec({ name }));
    expect([await at.statusOf(id), await at.alias()]).toEqual(["Succeeded", "2"]);
    expect((await at.targetOf(id))?.targetArn).toBe(`${name}:live`);
  });

  it("a legacy revision of type String", async () => {
    const id = await at.start("", {
      revision: { revisionType: "String", string: { content: YAML } },
    });
    expect(await at.statusOf(id)).toBe("Succeeded");
  });
});

describe("what fails the deployment as INVALID_REVISION", () => {
  const broken: readonly (readonly [string, string, string])[] = [
    ["no YAML", "version: [", "The template cannot be parsed. Flow sequence"],
    ["tabs", YAML.replace("      Type", "\tType"), "Tabs are not allowed as indentation at line 4"],
    ["a key twice", `${YAML}version: 0.0\n`, "Map keys must be unique at line 11"],
    ["two documents", `${YAML}---\n${YAML}`, "multiple documents"],
    [
      "a reference of CloudFormation's",
      YAML.replace("live", "!Ref live"),
      "Unresolved tag: !Ref at",
    ],
    ["what contains itself", YAML.replace("Name: orders", "Name: &a [*a]"), "circular structure"],
    ["nothing but a remark", "# none\n", "must be a mapping"],
    ["text", "hello", "must be a mapping"],
    ["base64", Buffer.from(YAML).toString("base64"), "must be a mapping"],
    ["no version", YAML.replace("version: 0.0", ""), "version must be 0.0, got none"],
    ["another version", YAML.replace("0.0", "1.0"), "version must be 0.0, got 1"],
    ["an unknown section", `${YAML}files: []\n`, 'unknown section "files"'],
    ["no resources", "version: 0.0", "Resources must be a list"],
    ["an empty list", "version: 0.0\nResources: []", "exactly one resource, got 0"],
    [
      "two resources",
      YAML.replace("Hooks: []", "  - other: {Type: AWS::Lambda::Function}"),
      "exactly one resource, got 2",
    ],
    [
      "a resource of services",
      YAML.replace("Lambda::Function", "ECS::Service"),
      'must be AWS::Lambda::Function, got "AWS::ECS::Service"',
    ],
    ["a file of servers", "version: 0.0\nos: linux\nfiles: []\n", 'unknown section "os"'],
    ["no properties", YAML.replace("Properties", "Property"), "must have Properties"],
    ["no name", YAML.replace("Name: orders", "Other: orders"), "Name must be given, got nothing"],
    ["no alias", appSpec({ alias: "" }), 'Alias must be given, got ""'],
    ["an empty version", appSpec({ target: "" }), "TargetVersion must be given"],
    ["$LATEST", appSpec({ target: "$LATEST" }), 'published version, got "$LATEST"'],
    [
      "$LATEST as the current one",
      appSpec({ current: "$LATEST" }),
      "CurrentVersion must be the number",
    ],
    ["a version below 0", appSpec({ target: "-2" }), 'published version, got "-2"'],
    ["version 0", appSpec({ target: "0" }), 'published version, got "0"'],
    ["a fraction", appSpec({ target: "1.5" }), 'published version, got "1.5"'],
    ["equal versions", appSpec({ target: "1" }), "must differ, both are 1"],
    [
      "an unknown hook",
      appSpec({ hooks: [{ BeforeInstall: "check" }] }),
      "allowed: BeforeAllowTraffic, AfterAllowTraffic",
    ],
    [
      "a hook twice",
      appSpec({ hooks: [{ BeforeAllowTraffic: "a" }, { BeforeAllowTraffic: "b" }] }),
      "more than once",
    ],
    [
      "a hook without a function",
      appSpec({ hooks: [{ BeforeAllowTraffic: "" }] }),
      "function's name",
    ],
    [
      "aliases that grow",
      `a: &a [1,1]\nb: &b [${"*a,".repeat(60)}]\nc: [${"*b,".repeat(60)}]`,
      "cannot be parsed",
    ],
  ];
  it.each(broken)("%s", async (_name, content, problem) => {
    const id = await at.start(content);
    const { errorInformation, status } = await at.get(id);
    expect([status, errorInformation?.code]).toEqual(["Failed", "INVALID_REVISION"]);
    expect(errorInformation?.message).toContain(
      "The deployment failed because the AppSpec file that specifies the AWS Lambda deployment configuration is missing or has an invalid configuration.",
    );
    expect(errorInformation?.message).toContain(problem);
    expect(await at.alias()).toBe("1");
  });

  it("without a word on the console", async () => {
    const warned = vi.spyOn(process, "emitWarning");
    await at.start(YAML.replace("live", "!Ref live"));
    await at.start(`${YAML}? [a]\n: b\n`);
    expect(warned).not.toHaveBeenCalled();
  });
});

describe("what fails the deployment for its function", () => {
  it.each([
    ["a function that is not there", { name: "nobody" }, "INVALID_LAMBDA_FUNCTION"],
    ["a name that no function has", { name: "a b/c" }, "INVALID_LAMBDA_FUNCTION"],
    ["an alias that is not there", { alias: "beta" }, "INVALID_LAMBDA_FUNCTION"],
    ["a version that is not there", { target: "9" }, "INVALID_LAMBDA_FUNCTION"],
    ["an alias elsewhere", { current: "2", target: "1" }, "INVALID_LAMBDA_CONFIGURATION"],
  ])("%s", async (_name, spec, code) => {
    expect(await at.statusOf(await at.start(appSpec(spec)))).toBe(`Failed ${code}`);
  });

  it("a revision in S3, which there is not", async () => {
    const s3Location = { bucket: "b", key: "appspec.yaml", bundleType: "YAML" } as const;
    const id = await at.start("", { revision: { revisionType: "S3", s3Location } });
    expect(await at.statusOf(id)).toBe("Failed REVISION_MISSING");
    expect((await at.get(id)).errorInformation?.message).toContain("AppSpecContent");
  });
});

describe("what CreateDeployment refuses", () => {
  const create = (revision: CreateDeploymentCommand["input"]["revision"]) =>
    errorOf(at.request("", { revision }));
  it("no revision", async () => {
    expect(await create(undefined)).toMatchObject({
      name: "RevisionRequiredException",
      message: "RevisionLocation must be specified",
    });
  });
  it.each([
    ["no content", { revisionType: "AppSpecContent" }, "has no content"],
    [
      "another hash",
      { revisionType: "AppSpecContent", appSpecContent: { content: YAML, sha256: "00" } },
      "The SHA256 of the content is",
    ],
    [
      "a bundle",
      { revisionType: "S3", s3Location: { bucket: "b", key: "k", bundleType: "zip" } },
      "BundleType must be either YAML or JSON",
    ],
    ["GitHub", { revisionType: "GitHub" }, "GitHub revisions are not supported"],
  ] as const)("%s", async (_name, revision, message) => {
    const error = await create(revision);
    expect(error.name).toBe("InvalidRevisionException");
    expect(error.message).toContain(message);
  });
});

it("tells the hash of a deployment's AppSpec, and its text by GetApplicationRevision", async () => {
  const id = await at.start(YAML);
  const sha256 = createHash("sha256").update(YAML).digest("hex");
  const { revision } = await at.get(id);
  expect(revision).toEqual({ revisionType: "AppSpecContent", appSpecContent: { sha256 } });
  const found = await at.deploy.send(
    new GetApplicationRevisionCommand({ applicationName: "shop", revision }),
  );
  expect(found.revision?.appSpecContent?.content).toBe(YAML);
  expect(found.revisionInfo?.deploymentGroups).toEqual(["prod"]);
});

describe("of services", () => {
  const ecs = (more = "", port = "80") => `version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: "arn:aws:ecs:us-east-1:000000000000:task-definition/web:2"
        LoadBalancerInfo:
          ContainerName: web
          ContainerPort: ${port}
${more}`;

  it("reads network and platform", () => {
    const { spec, hooks } = readEcsAppSpec(
      ecs(`        PlatformVersion: LATEST
        NetworkConfiguration:
          AwsvpcConfiguration:
            Subnets: [subnet-1, subnet-2]
            SecurityGroups: [sg-1]
            AssignPublicIp: ENABLED
        CapacityProviderStrategy:
          - Base: 1
            CapacityProvider: FARGATE_SPOT
            Weight: 2
          - CapacityProvider: FARGATE
Hooks:
  - AfterAllowTestTraffic: check
`),
    );
    expect(spec).toEqual({
      taskDefinition: "arn:aws:ecs:us-east-1:000000000000:task-definition/web:2",
      containerName: "web",
      containerPort: 80,
      platformVersion: "LATEST",
      network: {
        subnets: ["subnet-1", "subnet-2"],
        securityGroups: ["sg-1"],
        assignPublicIp: "ENABLED",
      },
      capacityProviders: [
        { capacityProvider: "FARGATE_SPOT", base: 1, weight: 2 },
        { capacityProvider: "FARGATE" },
      ],
    });
    expect(hooks).toEqual({ AfterAllowTestTraffic: "check" });
  });

  it.each([
    ["a port of 0", ecs("", "0"), "1 to 65535"],
    ["a port in words", ecs("", "http"), '1 to 65535, got "http"'],
    ["a port in another notation", ecs("", '"0x50"'), '1 to 65535, got "0x50"'],
    ["a port above all", ecs("", "65536"), '1 to 65535, got "65536"'],
    ["no load balancer", ecs().replace("LoadBalancerInfo", "Balancer"), "LoadBalancerInfo must be"],
    ["a function", ecs().replace("ECS::Service", "Lambda::Function"), "must be AWS::ECS::Service"],
    [
      "a word for the public address",
      ecs(
        "        NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [subnet-1], AssignPublicIp: yes}}\n",
      ),
      'AssignPublicIp must be ENABLED or DISABLED, got "yes"',
    ],
    [
      "no capacity provider",
      ecs("        CapacityProviderStrategy: []\n"),
      "CapacityProviderStrategy must be a list of one item or more",
    ],
    [
      "capacity without a provider",
      ecs("        CapacityProviderStrategy: [{Weight: 1}]\n"),
      "CapacityProvider must be given",
    ],
    [
      "a weight in words",
      ecs("        CapacityProviderStrategy: [{CapacityProvider: FARGATE, Weight: one}]\n"),
      'Weight must be a whole number, got "one"',
    ],
    [
      "a hook that there is not",
      `${ecs()}Hooks:\n  - BeforeAllowTestTraffic: check\n`,
      "allowed: BeforeInstall, AfterInstall, AfterAllowTestTraffic, BeforeAllowTraffic, AfterAllowTraffic",
    ],
    [
      "no container",
      ecs().replace("ContainerName: web", "Name: web"),
      "ContainerName must be given",
    ],
    ["no task definition", ecs().replace("TaskDefinition", "Task"), "TaskDefinition must be given"],
    [
      "subnets in one text",
      ecs("        NetworkConfiguration: {AwsvpcConfiguration: {Subnets: subnet-1}}\n"),
      "Subnets must be a list",
    ],
  ])("refuses %s", (_name, content, problem) => {
    expect(() => readEcsAppSpec(content)).toThrow(problem);
  });
});
