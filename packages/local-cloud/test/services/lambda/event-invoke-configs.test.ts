import {
  DeleteFunctionEventInvokeConfigCommand,
  GetFunctionEventInvokeConfigCommand,
  ListFunctionEventInvokeConfigsCommand,
  PutFunctionEventInvokeConfigCommand,
  type PutFunctionEventInvokeConfigCommandInput,
  UpdateFunctionEventInvokeConfigCommand,
} from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, expect, it } from "vitest";
import { arnOf, errorOf, type LambdaCloud, lambdaCloud } from "./lambda-cloud.ts";

// Protects the settings of asynchronous invocation: put replaces, update merges, AWS's texts.
let test: LambdaCloud;
beforeAll(async () => {
  test = await lambdaCloud();
  await test.create("async", { Publish: true });
});
afterAll(() => test.close());

type Settings = Partial<PutFunctionEventInvokeConfigCommandInput>;
const put = (settings: Settings, FunctionName = "async") =>
  test.lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName, ...settings }));
const update = (settings: Settings) =>
  test.lambda.send(
    new UpdateFunctionEventInvokeConfigCommand({ FunctionName: "async", ...settings }),
  );
const get = (Qualifier?: string) =>
  test.lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName: "async", Qualifier }));
const onFailure = (Destination: string) => ({ DestinationConfig: { OnFailure: { Destination } } });

it("is put, updated, read, listed and deleted per qualifier", async () => {
  const EMPTY = { OnFailure: {}, OnSuccess: {} };
  expect(await put({ MaximumRetryAttempts: 0 })).toMatchObject({
    DestinationConfig: EMPTY,
    FunctionArn: arnOf("async", "$LATEST"),
    MaximumRetryAttempts: 0,
  });
  const replaced = await put({ MaximumEventAgeInSeconds: 60 });
  expect(replaced.MaximumRetryAttempts).toBeUndefined();
  expect(replaced.LastModified).toBeInstanceOf(Date);
  expect(await update({ MaximumRetryAttempts: 1 })).toMatchObject({
    MaximumEventAgeInSeconds: 60,
    MaximumRetryAttempts: 1,
  });
  await put({ Qualifier: "1", MaximumEventAgeInSeconds: 120 });
  expect(await get()).toMatchObject({ MaximumEventAgeInSeconds: 60 });
  expect(await get("1")).toMatchObject({
    FunctionArn: arnOf("async", "1"),
    MaximumEventAgeInSeconds: 120,
  });
  const named = { FunctionName: "async" };
  const { FunctionEventInvokeConfigs } = await test.lambda.send(
    new ListFunctionEventInvokeConfigsCommand(named),
  );
  expect(FunctionEventInvokeConfigs?.map(({ FunctionArn }) => FunctionArn)).toEqual([
    arnOf("async", "$LATEST"),
    arnOf("async", "1"),
  ]);
  await test.lambda.send(new DeleteFunctionEventInvokeConfigCommand(named));
  expect(await errorOf(get())).toMatchObject({
    name: "ResourceNotFoundException",
    message: `The function ${arnOf("async", "$LATEST")} doesn't have an EventInvokeConfig`,
  });
});

it("refuses with AWS's texts", async () => {
  const iam = `arn:aws:iam:us-east-1:000000000000:function:async`;
  const cases: [() => Promise<unknown>, string][] = [
    [() => put({}), "You must specify at least one of error handling or destination setting."],
    [() => put({ MaximumRetryAttempts: 0 }, "nobody"), "The function doesn't exist."],
    [() => put({ MaximumRetryAttempts: 0, Qualifier: "9" }), "The function doesn't exist."],
    [
      () => put(onFailure(arnOf("doesnotexist"))),
      `The destination ARN ${arnOf("doesnotexist")} is invalid.`,
    ],
    [
      () => put(onFailure(arnOf("async"))),
      "You can't specify the function as a destination for itself.",
    ],
    [
      () => put({ DestinationConfig: { OnSuccess: { Destination: iam } } }),
      `The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=${iam}), onFailure=null) is invalid.`,
    ],
  ];
  for (const [call, message] of cases) expect((await errorOf(call())).message).toBe(message);
});
