import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AddPermissionCommand,
  CreateAliasCommand,
  GetAliasCommand,
  GetPolicyCommand,
  GetProvisionedConcurrencyConfigCommand,
  ListVersionsByFunctionCommand,
  PutProvisionedConcurrencyConfigCommand,
} from "@aws-sdk/client-lambda";
import { afterEach, beforeEach, expect, it } from "vitest";
import { virtualClock } from "../../../src/clock.ts";
import { eventually, lambdaCloud, pythonApp, stateOf } from "./lambda-cloud.ts";

// Protects a data directory: after a restart everything is there and goes on.
let dataDirectory: string;
beforeEach(() => {
  dataDirectory = mkdtempSync(join(tmpdir(), "headgate-lambda-data-"));
});
afterEach(() => rmSync(dataDirectory, { recursive: true, force: true }));

it("keeps functions, code, versions, aliases and policies, and warms provisioned workers again", async () => {
  const before = await lambdaCloud({ dataDirectory });
  await before.create("shop", { Publish: true }, pythonApp("one"));
  await before.publish("shop", pythonApp("two"));
  const alias = { FunctionName: "shop", Name: "live" };
  await before.lambda.send(new CreateAliasCommand({ ...alias, FunctionVersion: "1" }));
  const permission = { StatementId: "s", Action: "lambda:InvokeFunction", Principal: "*" };
  await before.lambda.send(new AddPermissionCommand({ FunctionName: "shop", ...permission }));
  const provisioned = { FunctionName: "shop", Qualifier: "live" };
  await before.lambda.send(
    new PutProvisionedConcurrencyConfigCommand({
      ...provisioned,
      ProvisionedConcurrentExecutions: 1,
    }),
  );
  const read = async ({ lambda }: typeof before) => ({
    alias: (await lambda.send(new GetAliasCommand(alias))).RevisionId,
    policy: (await lambda.send(new GetPolicyCommand({ FunctionName: "shop" }))).Policy,
    state: await stateOf(lambda, "shop"),
    versions: (
      await lambda.send(new ListVersionsByFunctionCommand({ FunctionName: "shop" }))
    ).Versions?.map(({ Version, CodeSha256 }) => [Version, CodeSha256]),
  });
  const kept = await read(before);
  await before.close();

  const after = await lambdaCloud({ dataDirectory }, "keep");
  expect(await read(after)).toEqual(kept);
  const answers = [await after.invoke("shop", { Qualifier: "live" }), await after.invoke("shop")];
  expect(answers.map(({ json }) => json?.answer)).toEqual(["one", "two"]);
  await eventually(async () =>
    expect(
      await after.lambda.send(new GetProvisionedConcurrencyConfigCommand(provisioned)),
    ).toMatchObject({ Status: "READY" }),
  );
  expect(await after.publish("shop", pythonApp("three"))).toBe("3");
  await after.close();
});

it("goes on preparing what was Pending when it stopped", async () => {
  const clock = { ...virtualClock(Date.UTC(2026, 10, 21), () => {}), kind: "real" as const };
  const before = await lambdaCloud({ dataDirectory, clock });
  await before.send("late", {}, pythonApp("late"));
  expect(await stateOf(before.lambda, "late")).toMatchObject({ State: "Pending" });
  await before.close();

  const after = await lambdaCloud({ dataDirectory }, "keep");
  await eventually(async () =>
    expect(await stateOf(after.lambda, "late")).toMatchObject({ State: "Active" }),
  );
  expect((await after.invoke("late")).json?.answer).toBe("late");
  await after.close();
});
