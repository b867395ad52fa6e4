// Protects what a Lambda hook's answer means: only its own word is a verdict.
import { describe, expect, it } from "vitest";
import { invokeHook, lookAtFunction } from "../../src/hooks/lambda.ts";
import { cloudWithFunction } from "../support/alias-driver.ts";
import { hookCall } from "../support/hook-call.ts";
import { FUNCTION_NAME, type LambdaCloud, settle } from "../support/lambda-cloud.ts";
import { zipOf } from "../support/zip.ts";

async function cloudWithHook(body: string): Promise<LambdaCloud> {
  const cloud = await cloudWithFunction();
  const source = `def handler(event, context):\n    ${body}\n`;
  await cloud.lambda.updateFunctionCode({
    FunctionName: FUNCTION_NAME,
    ZipFile: await zipOf({ "app.py": source }),
  });
  await settle(cloud);
  return cloud;
}

async function ask(body: string) {
  const cloud = await cloudWithHook(body);
  const call = hookCall({ kind: "lambda", functionName: FUNCTION_NAME });
  return invokeHook(cloud, call, FUNCTION_NAME);
}

describe("a Lambda hook", () => {
  it("passes by its own word, told about the rollout", async () => {
    const body = `return {"verdict": "pass", "detail": event["canary"] + " at " + str(event["weightBps"])}`;
    expect(await ask(body)).toEqual({ verdict: "pass", detail: "4 at 1000" });
  });

  it("fails by its own word", async () => {
    const outcome = await ask(`return {"verdict": "fail", "detail": "2 of 9 broken"}`);
    expect(outcome).toEqual({ verdict: "fail", detail: "2 of 9 broken" });
  });

  it.each([
    ["SUCCEEDED", "pass"],
    ["FAILED", "fail"],
    ["IN_PROGRESS", "error"],
  ])("that was made for Amazon ECS and says %s is a %s", async (status, verdict) => {
    expect((await ask(`return {"hookStatus": "${status}"}`)).verdict).toBe(verdict);
  });

  it.each([
    ["silence", "return None"],
    ["something else", `return {"statusCode": 200}`],
    ["an unknown verdict", `return {"verdict": "ok"}`],
    ["an exception", `raise RuntimeError("broken")`],
  ])("that answers with %s is an error", async (_, body) => {
    expect((await ask(body)).verdict).toBe("error");
  });

  it("that does not exist is an error", async () => {
    const cloud = await cloudWithFunction();
    const call = hookCall({ kind: "lambda", functionName: "missing" });
    const outcome = await invokeHook(cloud, call, "missing");
    expect(outcome.verdict).toBe("error");
    expect(outcome.detail).toContain("hook function missing");
  });

  it("is not invoked twice when its answer was lost", async () => {
    const cloud = await cloudWithHook(`return {"verdict": "pass"}`);
    cloud.proxy.inject(({ path }) => path.includes("/invocations"), "loseAnswer");
    const call = hookCall({ kind: "lambda", functionName: FUNCTION_NAME });
    expect((await invokeHook(cloud, call, FUNCTION_NAME)).verdict).toBe("error");
    expect(cloud.proxy.seen).toHaveLength(1);
  });
});

describe("preflight", () => {
  it("finds the function, or says that there is none", async () => {
    const cloud = await cloudWithFunction();
    expect((await lookAtFunction(cloud, "hook exists", FUNCTION_NAME)).outcome).toBe("ok");
    expect(await lookAtFunction(cloud, "hook exists", "missing")).toMatchObject({
      outcome: "problem",
      detail: "there is no function missing",
    });
  });
});
