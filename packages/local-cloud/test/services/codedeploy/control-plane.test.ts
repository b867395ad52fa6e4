// Protects the rest of the control plane: applications, lists with their pages and filters, batches, revisions, tags,
// on-premises instances, and the words for what there is not.
import {
  AddTagsToOnPremisesInstancesCommand,
  BatchGetApplicationsCommand,
  BatchGetDeploymentsCommand,
  CreateApplicationCommand,
  DeleteApplicationCommand,
  DeleteDeploymentConfigCommand,
  DeleteGitHubAccountTokenCommand,
  DeregisterOnPremisesInstanceCommand,
  GetApplicationCommand,
  GetDeploymentCommand,
  GetDeploymentConfigCommand,
  GetDeploymentTargetCommand,
  GetOnPremisesInstanceCommand,
  ListApplicationRevisionsCommand,
  ListApplicationsCommand,
  ListDeploymentConfigsCommand,
  ListDeploymentInstancesCommand,
  ListDeploymentsCommand,
  type ListDeploymentsCommandInput,
  ListOnPremisesInstancesCommand,
  ListTagsForResourceCommand,
  RegisterApplicationRevisionCommand,
  RegisterOnPremisesInstanceCommand,
  StopDeploymentCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateApplicationCommand,
} from "@aws-sdk/client-codedeploy";
import { UpdateAliasCommand } from "@aws-sdk/client-lambda";
import { afterEach, beforeEach, expect, it } from "vitest";
import { errorOf } from "../lambda/lambda-cloud.ts";
import {
  appSpec,
  BEGIN_MS,
  deployCloud,
  type DeployCloud,
  MINUTE_MS,
  START_MS,
} from "./deploy-cloud.ts";

let at: DeployCloud;
beforeEach(async () => {
  at = await deployCloud();
});
afterEach(() => at.close());

const ids = async (more: ListDeploymentsCommandInput = {}) =>
  (await at.deploy.send(new ListDeploymentsCommand(more))).deployments;

it("keeps applications by name, renames them with their groups, and forgets them", async () => {
  const create = (applicationName: string, more: object = {}) =>
    at.deploy.send(new CreateApplicationCommand({ applicationName, ...more }));
  const { applicationId } = await create("servers");
  expect(await errorOf(create("servers"))).toMatchObject({
    name: "ApplicationAlreadyExistsException",
    message: "Application already exists: servers",
  });
  expect(await errorOf(create("x", { computePlatform: "Fargate" }))).toMatchObject({
    name: "InvalidComputePlatformException",
    message:
      "ComputePlatform 'Fargate' is not valid. Valid values are [Server, Lambda, ECS, Kubernetes]",
  });
  expect((await errorOf(create("a/b"))).name).toBe("InvalidApplicationNameException");
  const rename = new UpdateApplicationCommand({ newApplicationName: "store" });
  expect((await errorOf(at.deploy.send(rename))).name).toBe("ApplicationNameRequiredException");
  const { application } = await at.deploy.send(
    new GetApplicationCommand({ applicationName: "servers" }),
  );
  expect(application).toMatchObject({
    applicationId,
    computePlatform: "Server",
    linkedToGitHub: false,
  });
  await at.group();
  await at.deploy.send(
    new UpdateApplicationCommand({ applicationName: "shop", newApplicationName: "store" }),
  );
  const id = await at.start(appSpec(), { applicationName: "store" });
  expect(await at.statusOf(id)).toBe("Succeeded");
  const { applications } = await at.deploy.send(new ListApplicationsCommand({}));
  expect(applications).toEqual(["servers", "store"]);
  await at.deploy.send(new DeleteApplicationCommand({ applicationName: "store" }));
  const batch = new BatchGetApplicationsCommand({ applicationNames: ["servers", "store"] });
  expect((await errorOf(at.deploy.send(batch))).message).toBe(
    "No application found for name: store",
  );
});

it("lists deployments newest first, by group, status and time", async () => {
  await at.group();
  const first = await at.start();
  await at.lambda.send(
    new UpdateAliasCommand({ FunctionName: "orders", Name: "live", FunctionVersion: "1" }),
  );
  await at.cloud.advance(MINUTE_MS);
  const second = await at.start(appSpec({ target: "9" }));
  const group = { applicationName: "shop", deploymentGroupName: "prod" };
  expect(await ids()).toEqual([second, first]);
  expect(await ids(group)).toEqual([second, first]);
  expect(await ids({ ...group, includeOnlyStatuses: ["Failed"] })).toEqual([second]);
  const end = new Date(START_MS + 30_000);
  expect(await ids({ createTimeRange: { end } })).toEqual([first]);
  expect(await ids({ createTimeRange: { start: end } })).toEqual([second]);
  expect((await errorOf(ids({ applicationName: "shop" }))).name).toBe(
    "DeploymentGroupNameRequiredException",
  );
  expect((await errorOf(ids({ deploymentGroupName: "prod" }))).name).toBe(
    "ApplicationNameRequiredException",
  );
  const range = { start: new Date(START_MS + 1000), end: new Date(START_MS) };
  expect((await errorOf(ids({ createTimeRange: range }))).name).toBe("InvalidTimeRangeException");
  expect((await errorOf(ids({ nextToken: "no" }))).name).toBe("InvalidNextTokenException");
  const { deploymentsInfo } = await at.deploy.send(
    new BatchGetDeploymentsCommand({ deploymentIds: [first, second] }),
  );
  expect(deploymentsInfo?.map(({ status }) => status)).toEqual(["Succeeded", "Failed"]);
  const some = new BatchGetDeploymentsCommand({ deploymentIds: ["d-ABCDEFGHI", second] });
  const found = (await at.deploy.send(some)).deploymentsInfo;
  expect(found?.map(({ deploymentId }) => deploymentId)).toEqual([second]);
  const none = new BatchGetDeploymentsCommand({ deploymentIds: [] });
  expect((await errorOf(at.deploy.send(none))).name).toBe("DeploymentIdRequiredException");
  const many = new BatchGetDeploymentsCommand({ deploymentIds: Array(26).fill(first) as string[] });
  expect((await errorOf(at.deploy.send(many))).name).toBe("BatchLimitExceededException");
});

it("gives long lists in pages", async () => {
  await at.group();
  const made: string[] = [];
  for (let count = 0; count < 103; count++) {
    const { deploymentId = "" } = await at.request();
    await at.deploy.send(new StopDeploymentCommand({ deploymentId }));
    made.unshift(deploymentId);
  }
  const page = await at.deploy.send(new ListDeploymentsCommand({}));
  expect(page.deployments).toHaveLength(100);
  const rest = await at.deploy.send(new ListDeploymentsCommand({ nextToken: page.nextToken }));
  expect([...(page.deployments ?? []), ...(rest.deployments ?? [])]).toEqual(made);
  expect(rest.nextToken).toBeUndefined();
});

it("says what is wrong with a deployment's id, and what has not started", async () => {
  const get = (deploymentId: string) =>
    errorOf(at.deploy.send(new GetDeploymentCommand({ deploymentId })));
  expect((await get("")).name).toBe("DeploymentIdRequiredException");
  expect((await get("nonsense")).name).toBe("InvalidDeploymentIdException");
  expect((await get("d-ABCDEFGHI")).name).toBe("DeploymentDoesNotExistException");
  await at.group();
  const { deploymentId } = await at.request();
  expect(deploymentId).toMatch(/^d-[A-Z0-9]{9}$/);
  const target = () =>
    at.deploy.send(new GetDeploymentTargetCommand({ deploymentId, targetId: "x" }));
  expect((await errorOf(target())).name).toBe("DeploymentNotStartedException");
  await at.cloud.advance(BEGIN_MS);
  expect((await errorOf(target())).name).toBe("DeploymentTargetDoesNotExistException");
  const { instancesList } = await at.deploy.send(
    new ListDeploymentInstancesCommand({ deploymentId }),
  );
  expect(instancesList).toEqual(["orders:live"]);
});

it("has AWS's configurations, which cannot be deleted", async () => {
  const { deploymentConfigsList } = await at.deploy.send(new ListDeploymentConfigsCommand({}));
  expect(deploymentConfigsList).toHaveLength(17);
  const deploymentConfigName = "CodeDeployDefault.LambdaLinear10PercentEvery3Minutes";
  const { deploymentConfigInfo } = await at.deploy.send(
    new GetDeploymentConfigCommand({ deploymentConfigName }),
  );
  expect(deploymentConfigInfo).toMatchObject({
    computePlatform: "Lambda",
    trafficRoutingConfig: {
      type: "TimeBasedLinear",
      timeBasedLinear: { linearPercentage: 10, linearInterval: 3 },
    },
  });
  const remove = at.deploy.send(new DeleteDeploymentConfigCommand({ deploymentConfigName }));
  expect((await errorOf(remove)).name).toBe("InvalidOperationException");
});

it("registers revisions and tells which are deployed", async () => {
  await at.group();
  const id = await at.start();
  const { revision: deployed } = await at.get(id);
  const s3Location = { bucket: "b", key: "releases/1.yaml", bundleType: "YAML" } as const;
  const revision = { revisionType: "S3" as const, s3Location };
  await at.deploy.send(
    new RegisterApplicationRevisionCommand({
      applicationName: "shop",
      revision,
      description: "first",
    }),
  );
  const list = async (more: object) => {
    const input = { applicationName: "shop", ...more };
    return (await at.deploy.send(new ListApplicationRevisionsCommand(input))).revisions;
  };
  expect(await list({ sortBy: "registerTime", sortOrder: "descending" })).toEqual([
    revision,
    deployed,
  ]);
  expect(await list({ deployed: "include" })).toEqual([deployed]);
  expect(await list({ deployed: "exclude" })).toEqual([revision]);
  expect(await list({ s3Bucket: "b", s3KeyPrefix: "other/" })).toEqual([]);
  expect((await errorOf(list({ s3KeyPrefix: "x" }))).name).toBe(
    "BucketNameFilterRequiredException",
  );
});

it("tags applications and groups", async () => {
  await at.group({ tags: [{ Key: "team", Value: "shop" }] });
  const ResourceArn = "arn:aws:codedeploy:us-east-1:000000000000:deploymentgroup:shop/prod";
  await at.deploy.send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: "a", Value: "b" }] }));
  await at.deploy.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["team"] }));
  const { Tags } = await at.deploy.send(new ListTagsForResourceCommand({ ResourceArn }));
  expect(Tags).toEqual([{ Key: "a", Value: "b" }]);
  const list = (arn: string) =>
    errorOf(at.deploy.send(new ListTagsForResourceCommand({ ResourceArn: arn })));
  expect((await list("nonsense")).name).toBe("InvalidArnException");
  expect((await list(ResourceArn.replace("/prod", "/other"))).name).toBe(
    "DeploymentGroupDoesNotExistException",
  );
});

it("tags with any words, fifty at most, and only what is here", async () => {
  const keys = ["constructor", "toString", "__proto__"];
  const tags = keys.map((Key) => ({ Key, Value: "1" }));
  await at.deploy.send(new CreateApplicationCommand({ applicationName: "words", tags }));
  const ResourceArn = "arn:aws:codedeploy:us-east-1:000000000000:application:words";
  const { Tags } = await at.deploy.send(new ListTagsForResourceCommand({ ResourceArn }));
  expect(Tags).toEqual(tags);
  const tag = (arn: string, Keys: readonly string[]) =>
    errorOf(
      at.deploy.send(
        new TagResourceCommand({
          ResourceArn: arn,
          Tags: Keys.map((Key) => ({ Key, Value: "1" })),
        }),
      ),
    );
  expect(await tag(ResourceArn, ["a", "a"])).toMatchObject({
    name: "InvalidTagsToAddException",
    message: "The tag key a is given twice",
  });
  const many = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: "1" }));
  const create = new CreateApplicationCommand({ applicationName: "many", tags: many });
  expect(await errorOf(at.deploy.send(create))).toMatchObject({
    name: "InvalidTagsToAddException",
    message: "A resource can have at most 50 tags, got 51",
  });
  expect((await tag(ResourceArn.replace("us-east-1", "eu-west-1"), ["a"])).name).toBe(
    "InvalidArnException",
  );
});

it("registers on-premises instances", async () => {
  const register = (more: object) =>
    at.deploy.send(new RegisterOnPremisesInstanceCommand({ instanceName: "rack-1", ...more }));
  const iamUserArn = "arn:aws:iam::000000000000:user/rack-1";
  expect((await errorOf(register({}))).name).toBe("IamArnRequiredException");
  await register({ iamUserArn });
  expect((await errorOf(register({ iamUserArn }))).name).toBe(
    "InstanceNameAlreadyRegisteredException",
  );
  const tags = [{ Key: "stage", Value: "prod" }];
  await at.deploy.send(
    new AddTagsToOnPremisesInstancesCommand({ instanceNames: ["rack-1"], tags }),
  );
  await at.deploy.send(new DeregisterOnPremisesInstanceCommand({ instanceName: "rack-1" }));
  const { instanceInfo } = await at.deploy.send(
    new GetOnPremisesInstanceCommand({ instanceName: "rack-1" }),
  );
  expect(instanceInfo).toMatchObject({ iamUserArn, tags });
  expect(instanceInfo?.deregisterTime).toBeInstanceOf(Date);
  const { instanceNames } = await at.deploy.send(
    new ListOnPremisesInstancesCommand({ registrationStatus: "Registered" }),
  );
  expect(instanceNames).toEqual([]);
});

it("has no connections to GitHub", async () => {
  const remove = at.deploy.send(new DeleteGitHubAccountTokenCommand({ tokenName: "mine" }));
  expect((await errorOf(remove)).name).toBe("GitHubAccountTokenDoesNotExistException");
});
