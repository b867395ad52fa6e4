// Protects what is said before anything is changed: one finding per cause, each with a way out.
import type { PreflightFinding } from "@headgate/core";
import { describe, expect, it } from "vitest";
import { aliasDriver, cloudWithFunction } from "../../support/alias-driver.ts";
import { ALIAS, FUNCTION_NAME, publish } from "../../support/lambda-cloud.ts";
import { runtimeFinding } from "../../../src/traffic/lambda-alias/runtimes.ts";

function problemsIn(findings: readonly PreflightFinding[]): string[] {
  const problems = findings.filter(({ outcome }) => outcome === "problem");
  for (const { detail, hint } of problems) {
    expect(detail).not.toBe("");
    expect(hint).not.toBe("");
  }
  return problems.map(({ check }) => check);
}

describe("preflight", () => {
  it("looks at everything and finds nothing wrong", async () => {
    const cloud = await cloudWithFunction();
    const findings = await (await aliasDriver(cloud)).preflight();
    expect(findings.map(({ check, outcome }) => `${outcome}: ${check}`)).toEqual([
      "ok: function checkout exists",
      "ok: function is ready",
      "ok: runtime python3.13 is maintained",
      "ok: alias live exists",
      "ok: alias points to a published version",
      "ok: function may run",
      "ok: provisioned concurrency can move",
      "ok: stable version 1 exists",
      "ok: stable version 1 may be invoked",
      expect.stringMatching(/^ok: folder .*code can be deployed$/),
    ]);
  });

  it("stops at a function or alias that is missing: one cause, one problem", async () => {
    const cloud = await cloudWithFunction();
    const noFunction = await aliasDriver(cloud, { functionName: "missing" });
    expect(problemsIn(await noFunction.preflight())).toEqual(["function missing exists"]);
    const noAlias = await aliasDriver(cloud, { alias: "missing" });
    expect(problemsIn(await noAlias.preflight())).toEqual(["alias missing exists"]);
  });

  it("refuses an alias on $LATEST", async () => {
    const cloud = await cloudWithFunction();
    await cloud.lambda.updateAlias({
      FunctionName: FUNCTION_NAME,
      Name: ALIAS,
      FunctionVersion: "$LATEST",
    });
    const findings = await (await aliasDriver(cloud)).preflight();
    expect(problemsIn(findings)).toEqual(["alias points to a published version"]);
  });

  it("refuses a function that is switched off", async () => {
    const cloud = await cloudWithFunction();
    const ReservedConcurrentExecutions = 0;
    await cloud.lambda.putFunctionConcurrency({
      FunctionName: FUNCTION_NAME,
      ReservedConcurrentExecutions,
    });
    expect(problemsIn(await (await aliasDriver(cloud)).preflight())).toEqual(["function may run"]);
  });

  it("refuses a package whose handler is not in it", async () => {
    const cloud = await cloudWithFunction();
    const driver = await aliasDriver(cloud, { files: { "app_v2.py": "" } });
    const problems = problemsIn(await driver.preflight());
    expect(problems).toEqual([expect.stringContaining("can be deployed")]);
  });

  it("refuses the code that runs already", async () => {
    const cloud = await cloudWithFunction();
    const driver = await aliasDriver(cloud);
    const { stable, canary, token } = await driver.prepare();
    await driver.promote({ stable, canary, token });
    const problems = problemsIn(await driver.preflight());
    expect(problems).toEqual([expect.stringContaining("can be deployed")]);
  });

  it("refuses a published version that does not exist", async () => {
    const cloud = await cloudWithFunction();
    const driver = await aliasDriver(cloud, { revision: { kind: "version", version: "9" } });
    expect(problemsIn(await driver.preflight())).toEqual(["canary version 9 can share the alias"]);
  });

  it("really invokes stable when asked to, and sees that it cannot start", async () => {
    const cloud = await cloudWithFunction();
    const version = await publish(cloud, { "app.py": "import no_such_library\n" });
    await cloud.lambda.updateAlias({
      FunctionName: FUNCTION_NAME,
      Name: ALIAS,
      FunctionVersion: version,
    });
    const probe = { kind: "invoke", payload: "{}", stableToo: true } as const;
    const findings = await (await aliasDriver(cloud, { probe })).preflight();
    expect(problemsIn(findings)).toEqual(["stable version 2 answers"]);
  });

  it("tells a caller who may not look what to allow", async () => {
    const cloud = await cloudWithFunction();
    cloud.proxy.inject(({ path }) => path.includes("/aliases/"), "deny");
    const findings = await (await aliasDriver(cloud)).preflight();
    const denied = findings.find(({ check }) => check === "alias live exists");
    expect(denied).toMatchObject({ outcome: "problem" });
    expect(denied?.hint).toContain("Allow lambda:GetAlias");
  });
});

describe("a runtime's end", () => {
  const at = (date: string) => runtimeFinding("python3.10", Date.parse(date)).outcome;

  it("is a warning from half a year before", () => {
    expect(at("2026-01-01")).toBe("ok");
    expect(at("2026-06-01")).toBe("warning");
    expect(at("2027-01-01")).toBe("warning");
  });

  it("is not known of every runtime", () => {
    expect(runtimeFinding("python9.9", Date.parse("2027-01-01")).outcome).toBe("ok");
  });
});
