import {
  DeleteFunctionCommand,
  GetFunctionCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, expect, it } from "vitest";
import { zipOf } from "../../support/worker-cloud.ts";
import { virtualClock } from "../../../src/clock.ts";
import {
  arnOf,
  errorOf,
  type LambdaCloud,
  lambdaCloud,
  pythonApp,
  stateOf,
  waiting,
} from "./lambda-cloud.ts";

// Protects publishing and updating: what makes a version, which code serves meanwhile, and the guards.
let test: LambdaCloud;
beforeAll(async () => {
  test = await lambdaCloud();
});
afterAll(() => test.close());

const publish = (
  FunctionName: string,
  more: { CodeSha256?: string; RevisionId?: string; Description?: string } = {},
) => test.lambda.send(new PublishVersionCommand({ FunctionName, ...more }));
const configure = async (FunctionName: string, change: object) => {
  await test.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, ...change }));
  await waitUntilFunctionUpdatedV2(waiting(test.lambda), { FunctionName });
};
const versionsOf = async (FunctionName: string) => {
  const { Versions } = await test.lambda.send(new ListVersionsByFunctionCommand({ FunctionName }));
  return Versions?.map(({ Version }) => Version);
};

it("publishes a version, Active at once, and gives $LATEST a new revision", async () => {
  await test.create("fresh");
  const before = await stateOf(test.lambda, "fresh");
  const first = await publish("fresh", { Description: "first" });
  expect(first.$metadata.httpStatusCode).toBe(201);
  expect(first).toMatchObject({
    Version: "1",
    FunctionArn: arnOf("fresh", "1"),
    Description: "first",
    State: "Active",
    LastUpdateStatus: "Successful",
  });
  expect((await stateOf(test.lambda, "fresh")).RevisionId).not.toBe(before.RevisionId);
});

it("gives the existing version while neither code nor configuration changed", async () => {
  await test.create("same", { Publish: true });
  expect((await publish("same", { Description: "another" })).Version).toBe("1");
  await configure("same", { Environment: { Variables: { STAGE: "test" } } });
  const second = await publish("same");
  expect(second.Version).toBe("2");
  expect((await publish("same")).Version).toBe("2");
  const first = await test.lambda.send(
    new GetFunctionCommand({ FunctionName: "same", Qualifier: "1" }),
  );
  expect(second.CodeSha256).toBe(first.Configuration?.CodeSha256);
  expect(await versionsOf("same")).toEqual(["$LATEST", "1", "2"]);
});

it("never uses a number again", async () => {
  await test.create("counted", { Publish: true });
  await test.lambda.send(new DeleteFunctionCommand({ FunctionName: "counted", Qualifier: "1" }));
  expect(await versionsOf("counted")).toEqual(["$LATEST"]);
  expect(await test.publish("counted", pythonApp("two"))).toBe("2");
});

it("refuses a wrong CodeSha256 and an old RevisionId", async () => {
  const { CodeSha256 } = await test.send("guarded");
  await test.create("guarded-2");
  expect(await errorOf(publish("guarded", { CodeSha256: "somenonexistentsha256" }))).toMatchObject({
    name: "InvalidParameterValueException",
    status: 400,
    message: `CodeSHA256 (somenonexistentsha256) is different from current CodeSHA256 in $LATEST (${CodeSha256}). Please try again with the CodeSHA256 in $LATEST.`,
  });
  const mismatch = {
    name: "PreconditionFailedException",
    status: 412,
    message:
      "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
  };
  const RevisionId = "wrong";
  const named = { FunctionName: "guarded", RevisionId };
  const ZipFile = await zipOf({ "app.py": pythonApp("x") });
  expect(await errorOf(publish("guarded", { RevisionId }))).toMatchObject(mismatch);
  for (const command of [
    new UpdateFunctionConfigurationCommand(named),
    new UpdateFunctionCodeCommand({ ...named, ZipFile }),
  ]) {
    expect(await errorOf(test.lambda.send(command))).toMatchObject(mismatch);
  }
  const { RevisionId: current = "" } = await stateOf(test.lambda, "guarded");
  expect(
    (await publish("guarded", { RevisionId: current, CodeSha256: CodeSha256 ?? "" })).Version,
  ).toBe("1");
});

it("keeps a published version as it was while $LATEST goes on", async () => {
  await test.create("frozen", { Publish: true }, pythonApp("one"));
  expect(await test.publish("frozen", pythonApp("two"))).toBe("2");
  const answers = await Promise.all(
    ["1", "2", "$LATEST"].map(
      async (Qualifier) => (await test.invoke("frozen", { Qualifier })).json,
    ),
  );
  expect(answers.map((json) => json?.answer)).toEqual(["one", "two", "two"]);
  expect(answers.map((json) => json?.arn)).toEqual([
    arnOf("frozen", "1"),
    arnOf("frozen", "2"),
    arnOf("frozen", "$LATEST"),
  ]);
});

it("publishes with the code when asked to, and DryRun changes nothing", async () => {
  await test.create("direct");
  const before = await stateOf(test.lambda, "direct");
  const ZipFile = await zipOf({ "app.py": pythonApp("new") });
  const update = { FunctionName: "direct", ZipFile };
  await test.lambda.send(new UpdateFunctionCodeCommand({ ...update, DryRun: true }));
  expect(await stateOf(test.lambda, "direct")).toEqual(before);
  const published = await test.lambda.send(
    new UpdateFunctionCodeCommand({ ...update, Publish: true }),
  );
  expect(published).toMatchObject({
    Version: "1",
    FunctionArn: arnOf("direct", "1"),
    State: "Pending",
  });
  await waitUntilFunctionUpdatedV2(waiting(test.lambda), { FunctionName: "direct" });
  expect((await test.invoke("direct", { Qualifier: "1" })).json?.answer).toBe("new");
});

it("runs the old code while an update is in progress, and refuses another change", async () => {
  // A clock of the real kind that only moves when told: the 250 ms of preparation do not pass alone.
  const clock = { ...virtualClock(Date.UTC(2026, 10, 21), () => {}), kind: "real" as const };
  const own = await lambdaCloud({ clock });
  await own.send("busy", {}, pythonApp("old"));
  await clock.advance(250);
  expect((await own.invoke("busy")).json?.answer).toBe("old");
  const ZipFile = await zipOf({ "app.py": pythonApp("new") });
  const update = new UpdateFunctionCodeCommand({ FunctionName: "busy", ZipFile });
  expect(await own.lambda.send(update)).toMatchObject({
    State: "Active",
    LastUpdateStatus: "InProgress",
    LastUpdateStatusReason: "The function is being created.",
    LastUpdateStatusReasonCode: "Creating",
  });
  await clock.advance(249);
  expect((await own.invoke("busy")).json?.answer).toBe("old");
  const inProgress = {
    name: "ResourceConflictException",
    status: 409,
    message: `The operation cannot be performed at this time. An update is in progress for resource: ${arnOf("busy")}`,
  };
  expect(await errorOf(own.lambda.send(update))).toMatchObject(inProgress);
  const named = { FunctionName: "busy" };
  expect(await errorOf(own.lambda.send(new PublishVersionCommand(named)))).toMatchObject(
    inProgress,
  );
  expect(
    await errorOf(own.lambda.send(new UpdateFunctionConfigurationCommand(named))),
  ).toMatchObject(inProgress);
  await clock.advance(1);
  expect(await stateOf(own.lambda, "busy")).toMatchObject({ LastUpdateStatus: "Successful" });
  expect((await own.invoke("busy")).json?.answer).toBe("new");
  await own.close();
});
