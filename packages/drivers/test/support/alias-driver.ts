import { join } from "node:path";
import { onTestFinished } from "vitest";
import {
  lambdaAliasDriver,
  type LambdaAliasOptions,
} from "../../src/traffic/lambda-alias/index.ts";
import {
  ALIAS,
  createFunction,
  FUNCTION_NAME,
  type LambdaCloud,
  pythonHandler,
  startLambdaCloud,
} from "./lambda-cloud.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A cloud with the function and its alias on version 1, closed when the test is over. */
export async function cloudWithFunction(
  files?: Readonly<Record<string, string>>,
): Promise<LambdaCloud> {
  const cloud = await startLambdaCloud();
  onTestFinished(() => cloud.close());
  await createFunction(cloud, files);
  return cloud;
}

/** The driver, by default with a revision that answers "two". */
export async function aliasDriver(
  cloud: LambdaCloud,
  options: Partial<LambdaAliasOptions> & { readonly files?: Readonly<Record<string, string>> } = {},
) {
  const { files = { "app.py": pythonHandler("two") }, ...rest } = options;
  const code = Object.entries(files).map(([name, text]) => [join("code", name), text] as const);
  const root = await temporaryFolder(Object.fromEntries(code));
  return lambdaAliasDriver({
    ...cloud,
    functionName: FUNCTION_NAME,
    alias: ALIAS,
    revision: { kind: "folder", path: join(root, "code") },
    ...rest,
  });
}
