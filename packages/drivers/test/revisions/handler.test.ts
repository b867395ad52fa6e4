// Protects against the package that publishes without a word and then fails every request: the
// handler setting names a file that is not in it.
import { describe, expect, it } from "vitest";
import { checkHandler } from "../../src/revisions/handler.ts";
import { expectError } from "../support/expect-error.ts";

function check(
  files: readonly string[],
  runtime: string,
  handler: string,
  hasLayers = false,
): Promise<void> {
  // In a promise, so that what is thrown is looked at as a driver's caller would.
  return Promise.resolve().then(() => {
    const code = { path: "function.zip", zip: new Uint8Array(), codeSha256: "", files };
    checkHandler(code, { runtime, handler, hasLayers });
  });
}

describe("a handler that is there", () => {
  it.each([
    ["python3.13", "app.handler", "app.py"],
    ["python3.13", "shop.orders.handler", "shop/orders.py"],
    ["python3.13", "shop/orders.handler", "shop/orders.py"],
    ["python3.13", "shop.handler", "shop/__init__.py"],
    ["python3.13", "fast.handler", "fast.cpython-313-x86_64-linux-gnu.so"],
    ["nodejs22.x", "index.handler", "index.mjs"],
    ["nodejs22.x", "dist/index.handler", "dist/index.js"],
    ["nodejs22.x", "./src/api.v1.handler", "src/api.js"],
    ["ruby3.4", "app.Shop::Orders.handler", "app.rb"],
    ["provided.al2023", "anything", "bootstrap"],
    ["java21", "com.example.Handler::handle", "lib/app.jar"],
  ])("%s %s in %s", async (runtime, handler, file) => {
    await expect(check(["readme.md", file], runtime, handler)).resolves.toBeUndefined();
  });

  it("may be in a layer, where we cannot look", async () => {
    const checked = check(["settings.json"], "python3.13", "app.handler", true);
    await expect(checked).resolves.toBeUndefined();
  });
});

describe("a handler that is not there", () => {
  it("names the setting, the files and the way out", async () => {
    const error = await expectError(
      check(["lambda_function_v2.py"], "python3.13", "lambda_function_v1.lambda_handler"),
      "REVISION_INVALID",
    );
    expect(error.message).toContain("lambda_function_v1.py");
    expect(error.message).toContain("it holds lambda_function_v2.py");
    expect(error.hint).toContain(`"lambda_function_v2.lambda_handler"`);
  });

  it("sees a package that was zipped with its folder", async () => {
    const error = await expectError(
      check(["build/app.py", "build/lib.py"], "python3.13", "app.handler"),
      "REVISION_INVALID",
    );
    expect(error.hint).toContain("zip the folder's contents");
  });

  it("is not fooled by dots in a file name", async () => {
    const checked = check(["appxpy", "app.txt"], "python3.13", "app.handler");
    const error = await expectError(checked, "REVISION_INVALID");
    expect(error.message).toContain("none of app.py");
  });
});
