// Protects the stage canary's control plane: how one begins, every patch rule and refusal, promotion, the end.
import {
  APIGatewayClient,
  CreateDeploymentCommand,
  type CreateDeploymentCommandInput,
  CreateStageCommand,
  type CreateStageCommandInput,
  DeleteDeploymentCommand,
  GetDeploymentsCommand,
  GetStageCommand,
  GetStagesCommand,
  type PatchOperation,
  UpdateStageCommand,
} from "@aws-sdk/client-api-gateway";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deployApi, mock, type TestApi } from "../../data-plane/execute-api/test-api.ts";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

let cloud: TestCloud;
let client: APIGatewayClient;
let api: TestApi;

/** An API of its own for each file's stages: AWS allows ten. */
beforeAll(async () => {
  cloud = await startTestCloud({ clock: "virtual" });
  client = cloud.client(APIGatewayClient);
});
afterAll(() => cloud.close());

const refused = (message: string) =>
  expect.objectContaining({ name: "BadRequestException", message });

const deploy = async (input: Partial<CreateDeploymentCommandInput> = {}) => {
  const { id = "" } = await client.send(
    new CreateDeploymentCommand({ restApiId: api.apiId, ...input }),
  );
  return id;
};

async function stageOf(stageName: string, input: Partial<CreateStageCommandInput> = {}) {
  api = await deployApi(cloud, client, { "GET /": mock("hello") });
  const deploymentId = await deploy();
  const created = await client.send(
    new CreateStageCommand({
      restApiId: api.apiId,
      stageName,
      deploymentId,
      variables: { color: "blue", size: "s" },
      ...input,
    }),
  );
  const update = (...patchOperations: PatchOperation[]) =>
    client.send(new UpdateStageCommand({ restApiId: api.apiId, stageName, patchOperations }));
  return {
    created,
    deploymentId,
    update,
    replace: (path: string, value: string) => update({ op: "replace", path, value }),
    read: () => client.send(new GetStageCommand({ restApiId: api.apiId, stageName })),
    deployCanary: (canarySettings: CreateDeploymentCommandInput["canarySettings"]) =>
      deploy({ stageName, canarySettings }),
  };
}

describe("CreateDeployment with canarySettings", () => {
  it("makes the new deployment the canary and leaves the stage its own", async () => {
    const stage = await stageOf("live");
    const canaryId = await stage.deployCanary({
      percentTraffic: 0.5,
      stageVariableOverrides: { color: "green" },
    });
    const read = await stage.read();
    expect(read.deploymentId).toBe(stage.deploymentId);
    expect(read.variables).toEqual({ color: "blue", size: "s" });
    expect(read.canarySettings).toEqual({
      deploymentId: canaryId,
      percentTraffic: 0.5,
      stageVariableOverrides: { color: "green" },
      useStageCache: false,
    });
    const { item } = await client.send(new GetStagesCommand({ restApiId: api.apiId }));
    const listed = item?.find(({ stageName }) => stageName === "live");
    expect(listed?.canarySettings).toEqual(read.canarySettings);
  });

  it("takes defaults, and a second one replaces the first whole", async () => {
    const stage = await stageOf("live");
    await stage.deployCanary({ percentTraffic: 40, stageVariableOverrides: { color: "green" } });
    const second = await stage.deployCanary({});
    expect((await stage.read()).canarySettings).toEqual({
      deploymentId: second,
      percentTraffic: 0,
      useStageCache: false,
    });
  });

  it("refuses a plain deployment while the canary is on, and takes it again afterwards", async () => {
    const stage = await stageOf("live");
    await stage.deployCanary({ percentTraffic: 10 });
    const { items: before } = await client.send(
      new GetDeploymentsCommand({ restApiId: api.apiId }),
    );
    await expect(deploy({ stageName: "live" })).rejects.toEqual(
      refused(
        "Invalid deployment content specified.Non canary deployment not supported on stage live because Canary is enabled. Provide CanarySettings in deploymentInput.",
      ),
    );
    const { items: after } = await client.send(new GetDeploymentsCommand({ restApiId: api.apiId }));
    expect(after).toEqual(before);
    await stage.update({ op: "remove", path: "/canarySettings" });
    const next = await deploy({ stageName: "live" });
    expect((await stage.read()).deploymentId).toBe(next);
  });

  it.each([-0.1, 100.1])("refuses %d percent and changes nothing", async (percentTraffic) => {
    const stage = await stageOf("live");
    await expect(stage.deployCanary({ percentTraffic })).rejects.toMatchObject({
      name: "BadRequestException",
      message: expect.stringContaining(String(percentTraffic)),
    });
    expect((await stage.read()).canarySettings).toBeUndefined();
  });
});

describe("CreateStage with canarySettings", () => {
  it("keeps all four members", async () => {
    await stageOf("first");
    const canaryId = await deploy();
    const { canarySettings } = await client.send(
      new CreateStageCommand({
        restApiId: api.apiId,
        stageName: "second",
        deploymentId: await deploy(),
        canarySettings: { deploymentId: canaryId, percentTraffic: 33.33, useStageCache: true },
      }),
    );
    expect(canarySettings).toEqual({
      deploymentId: canaryId,
      percentTraffic: 33.33,
      useStageCache: true,
    });
  });

  it("refuses a canary on a deployment that does not exist", async () => {
    await stageOf("first");
    await expect(
      client.send(
        new CreateStageCommand({
          restApiId: api.apiId,
          stageName: "second",
          deploymentId: await deploy(),
          canarySettings: { deploymentId: "deploy" },
        }),
      ),
    ).rejects.toEqual(refused("Deployment id does not exist"));
  });
});

describe("UpdateStage", () => {
  it("makes a canary of the stage's own deployment when only the percentage is replaced", async () => {
    const stage = await stageOf("live");
    const { canarySettings } = await stage.replace("/canarySettings/percentTraffic", "50");
    expect(canarySettings).toEqual({
      deploymentId: stage.deploymentId,
      percentTraffic: 50,
      useStageCache: false,
    });
  });

  it("makes a canary with no traffic when the deployment is replaced", async () => {
    const stage = await stageOf("live");
    const other = await deploy();
    const { canarySettings } = await stage.replace("/canarySettings/deploymentId", other);
    expect(canarySettings).toEqual({
      deploymentId: other,
      percentTraffic: 0,
      useStageCache: false,
    });
  });

  it("replaces and removes members one by one", async () => {
    const stage = await stageOf("live");
    await stage.deployCanary({ percentTraffic: 10, stageVariableOverrides: { color: "green" } });
    await stage.update(
      { op: "replace", path: "/canarySettings/percentTraffic", value: "0.25" },
      { op: "replace", path: "/canarySettings/useStageCache", value: "true" },
      { op: "replace", path: "/canarySettings/stageVariableOverrides/size", value: "m" },
      { op: "remove", path: "/canarySettings/stageVariableOverrides/color" },
    );
    expect((await stage.read()).canarySettings).toMatchObject({
      percentTraffic: 0.25,
      useStageCache: true,
      stageVariableOverrides: { size: "m" },
    });
  });

  it("promotes by copies, which merge the variables and leave the canary until it is removed", async () => {
    const stage = await stageOf("live");
    const canaryId = await stage.deployCanary({
      percentTraffic: 50,
      stageVariableOverrides: { color: "green", extra: "1" },
    });
    const promoted = await stage.update(
      { op: "replace", path: "/canarySettings/percentTraffic", value: "0.0" },
      {
        op: "copy",
        from: "/canarySettings/stageVariableOverrides",
        path: "/variables",
      },
      { op: "copy", from: "/canarySettings/deploymentId", path: "/deploymentId" },
    );
    expect(promoted).toMatchObject({
      deploymentId: canaryId,
      variables: { color: "green", size: "s", extra: "1" },
      canarySettings: { deploymentId: canaryId, percentTraffic: 0 },
    });
    const { canarySettings, deploymentId } = await stage.update({
      op: "remove",
      path: "/canarySettings",
    });
    expect(canarySettings).toBeUndefined();
    expect(deploymentId).toBe(canaryId);
  });

  it("copies nothing out of a canary without overrides", async () => {
    const stage = await stageOf("live");
    const { variables } = await stage.update(
      { op: "replace", path: "/canarySettings/percentTraffic", value: "0.0" },
      { op: "copy", from: "/canarySettings/stageVariableOverrides", path: "/variables" },
    );
    expect(variables).toEqual({ color: "blue", size: "s" });
  });

  it.each<[PatchOperation, string]>([
    [
      { op: "remove", path: "/canarySettings/stageVariableOverrides" },
      "Cannot remove method setting canarySettings/stageVariableOverrides because there is no method setting for this method ",
    ],
    [
      { op: "remove", path: "/canarySettings/badPath" },
      "Cannot remove method setting canarySettings/badPath because there is no method setting for this method ",
    ],
    [
      { op: "add", path: "/canarySettings/deploymentId", value: "x" },
      "Invalid add operation with path: /canarySettings/deploymentId",
    ],
    [
      { op: "remove", path: "/canarySettings/percentTraffic" },
      "Invalid remove operation with path: /canarySettings/percentTraffic",
    ],
    [
      { op: "replace", path: "/canarySettings/deploymentId", value: "deploy" },
      "Deployment id does not exist",
    ],
    [
      {
        op: "copy",
        path: "/canarySettings/stageVariableOverrides",
        from: "/variables",
      },
      "Invalid copy operation with path: /canarySettings/stageVariableOverrides and from /variables. Valid copy:path are [/deploymentId, /variables] and valid copy:from are [/canarySettings/deploymentId, /canarySettings/stageVariableOverrides]",
    ],
  ])("refuses %j", async (patch, message) => {
    const stage = await stageOf("live");
    await stage.deployCanary({ percentTraffic: 10, stageVariableOverrides: { color: "green" } });
    const before = await stage.read();
    await expect(stage.update(patch)).rejects.toEqual(refused(message));
    expect((await stage.read()).canarySettings).toEqual(before.canarySettings);
  });

  it.each([
    ["/canarySettings", "test"],
    ["/canarySettings/badPath", "badPath"],
    ["/canarySettings/stageVariableOverrides", "x"],
  ])("answers a replacement of %s with the list of paths", async (path, value) => {
    const stage = await stageOf("live");
    await expect(stage.replace(path, value)).rejects.toMatchObject({
      name: "BadRequestException",
      message: expect.stringContaining(`Invalid method setting path: ${path}. Must be one of: [`),
    });
  });

  it.each(["", "ten", "-1", "100.5"])("refuses the percentage %j", async (value) => {
    const stage = await stageOf("live");
    await expect(stage.replace("/canarySettings/percentTraffic", value)).rejects.toMatchObject({
      name: "BadRequestException",
    });
    expect((await stage.read()).canarySettings).toBeUndefined();
  });

  it("takes a new deployment and the canary's end in one patch", async () => {
    const stage = await stageOf("live");
    const canaryId = await stage.deployCanary({ percentTraffic: 10 });
    const { deploymentId, canarySettings } = await stage.update(
      { op: "replace", path: "/deploymentId", value: canaryId },
      { op: "remove", path: "/canarySettings" },
    );
    expect([deploymentId, canarySettings]).toEqual([canaryId, undefined]);
  });

  it("has nothing to promote without a canary", async () => {
    const stage = await stageOf("live");
    await expect(
      stage.update({ op: "copy", from: "/canarySettings/deploymentId", path: "/deploymentId" }),
    ).rejects.toEqual(refused("Promotion not available. Canary does not exist."));
  });
});

describe("DeleteDeployment", () => {
  it("is refused while a canary points there", async () => {
    const stage = await stageOf("live");
    const deploymentId = await stage.deployCanary({ percentTraffic: 10 });
    const remove = () =>
      client.send(new DeleteDeploymentCommand({ restApiId: api.apiId, deploymentId }));
    await expect(remove()).rejects.toEqual(
      refused("Active stages pointing to this deployment must be moved or deleted"),
    );
    await stage.update({ op: "remove", path: "/canarySettings" });
    await remove();
  });
});
