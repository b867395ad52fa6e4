import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  type InvokeCommandInput,
  LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { expect, vi } from "vitest";
import type { LocalCloudOptions } from "../../../src/index.ts";
import { createRole } from "../../support/roles.ts";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";
import { zipOf } from "../../support/worker-cloud.ts";

export { createRole };

export const ACCOUNT = "000000000000";
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/lambda-role`;

/** An ARN of a function in the tests' account and region. */
export function arnOf(name: string, qualifier?: string): string {
  const arn = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`;
  return qualifier === undefined ? arn : `${arn}:${qualifier}`;
}

/** A handler that tells `answer` and the version that ran. */
export function pythonApp(answer: string): string {
  return [
    "def handler(event, context):",
    `    return {"answer": ${JSON.stringify(answer)}, "version": context.function_version,`,
    '            "arn": context.invoked_function_arn, "event": event}',
  ].join("\n");
}

/** Fails with the text of the event. */
export const FAILING_APP = [
  "def handler(event, context):",
  '    raise ValueError(event.get("fail", "failed"))',
].join("\n");

interface Answered {
  readonly answer: string;
  readonly version: string;
  readonly arn: string;
  readonly event: unknown;
}

export interface LambdaCloud {
  readonly cloud: TestCloud;
  readonly lambda: LambdaClient;
  /** Creates a function of one Python file and waits until it is active. */
  create(name: string, more?: Partial<CreateFunctionCommandInput>, app?: string): Promise<void>;
  /** Only sends the request. */
  send(
    name: string,
    more?: Partial<CreateFunctionCommandInput>,
    app?: string,
  ): ReturnType<typeof sendCreate>;
  /** New code for $LATEST, waited for, then published. The version's number. */
  publish(name: string, app: string): Promise<string>;
  invoke(name: string, more?: Partial<InvokeCommandInput>): ReturnType<typeof sendInvoke>;
  close(): Promise<void>;
}

/** `roles: "keep"` for a data directory that has the role from before. */
export async function lambdaCloud(
  options: LocalCloudOptions = {},
  roles: "create" | "keep" = "create",
): Promise<LambdaCloud> {
  const cloud = await startTestCloud(options);
  const lambda = cloud.client(LambdaClient);
  if (roles === "create") await createRole(cloud, "lambda-role", "lambda.amazonaws.com");
  return {
    cloud,
    lambda,
    send: (name, more, app) => sendCreate(lambda, name, more, app),
    async create(name, more, app) {
      await sendCreate(lambda, name, more, app);
      await waitUntilFunctionActiveV2(waiting(lambda), { FunctionName: name });
    },
    async publish(name, app) {
      const ZipFile = await zipOf({ "app.py": app });
      await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile }));
      await waitUntilFunctionUpdatedV2(waiting(lambda), { FunctionName: name });
      const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName: name }));
      return Version ?? "";
    },
    invoke: (name, more) => sendInvoke(lambda, name, more),
    close: () => cloud.close(),
  };
}

async function sendCreate(
  lambda: LambdaClient,
  name: string,
  more: Partial<CreateFunctionCommandInput> = {},
  app: string = pythonApp(name),
) {
  return lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Role: ROLE,
      Runtime: "python3.13",
      Handler: "app.handler",
      Code: { ZipFile: await zipOf({ "app.py": app }) },
      ...more,
    }),
  );
}

/** The answer with its payload parsed. */
async function sendInvoke(
  lambda: LambdaClient,
  name: string,
  more: Partial<InvokeCommandInput> = {},
) {
  const output = await lambda.send(new InvokeCommand({ FunctionName: name, ...more }));
  const text = output.Payload?.transformToString() ?? "";
  return { ...output, text, json: text === "" ? undefined : (JSON.parse(text) as Answered) };
}

/** The SDK's own waiter, asking more often than a second. */
export function waiting(client: LambdaClient) {
  return { client, maxWaitTime: 30, minDelay: 0.05, maxDelay: 0.1 } as const;
}

/** AWS's error as a client sees it. */
export async function errorOf(call: Promise<unknown>) {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Error);
  const { name, message, $metadata, Type, Reason } = error as Error & {
    readonly $metadata?: { readonly httpStatusCode?: number };
    readonly Type?: string;
    readonly Reason?: string;
  };
  return { name, message, status: $metadata?.httpStatusCode, Type, Reason };
}

/** The state of $LATEST in short. */
export async function stateOf(lambda: LambdaClient, name: string, qualifier?: string) {
  const configuration = await lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier: qualifier }),
  );
  const { State, LastUpdateStatus, RevisionId } = configuration;
  return { State, LastUpdateStatus, RevisionId };
}

/** Waits for what processes do in real time, whatever the cloud's clock is. */
export function eventually<Result>(check: () => Result | Promise<Result>): Promise<Result> {
  return vi.waitFor(check, { timeout: 10_000, interval: 20 });
}
