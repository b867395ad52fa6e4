import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  ListFunctionsCommand,
  UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { zipOf } from "../../support/worker-cloud.ts";
import {
  errorOf,
  eventually,
  type LambdaCloud,
  lambdaCloud,
  pythonApp,
  stateOf,
} from "./lambda-cloud.ts";

// Protects against bad zips: each is refused at once with AWS's text, and nothing is created or changed.
let test: LambdaCloud;
beforeAll(async () => {
  test = await lambdaCloud();
  await test.create("present");
});
afterAll(() => test.close());

/** A zip whose one entry got another name of the same length, which no zip writer would write. */
async function renamedZip(from: string, to: string): Promise<Buffer> {
  const text = (await zipOf({ [from]: pythonApp("x") })).toString("latin1");
  return Buffer.from(text.replaceAll(from, to), "latin1");
}

/** A zip whose directory claims that its entry has this many bytes. */
async function claimingZip(bytes: number): Promise<Buffer> {
  const zip = await zipOf({ "app.py": "x".repeat(1000) });
  const directory = zip.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
  zip.writeUInt32LE(bytes, directory + 24);
  return zip;
}

const UNREADABLE =
  "Could not unzip uploaded file. Please check your file, then try to upload again.";

it.each([
  ["no zip at all", async () => Buffer.from("this is no zip"), UNREADABLE],
  ["a truncated zip", async () => (await zipOf({ "app.py": "x" })).subarray(0, 40), UNREADABLE],
  ["a path out of the folder", () => renamedZip("xx/evil.py", "../evil.py"), UNREADABLE],
  ["an absolute path", () => renamedZip("x/evil.py", "//evil.py"), UNREADABLE],
  ["an empty zip", () => zipOf({}), "Uploaded file must be a non-empty zip"],
  [
    "more than 250 MB unpacked",
    () => claimingZip(262_144_001),
    "Unzipped size must be smaller than 262144000 bytes",
  ],
])("%s", async (_title, zip, message) => {
  const before = await stateOf(test.lambda, "present");
  const refused = { name: "InvalidParameterValueException", status: 400, Type: "User", message };
  const ZipFile = await zip();
  expect(await errorOf(test.send("bad", { Code: { ZipFile } }))).toMatchObject(refused);
  const update = new UpdateFunctionCodeCommand({ FunctionName: "present", ZipFile });
  expect(await errorOf(test.lambda.send(update))).toMatchObject(refused);
  const { Functions = [] } = await test.lambda.send(new ListFunctionsCommand({}));
  expect(Functions.map(({ FunctionName }) => FunctionName)).toEqual(["present"]);
  expect(await stateOf(test.lambda, "present")).toEqual(before);
  expect((await test.invoke("present")).json?.answer).toBe("present");
});

it("more than 50 MB packed", async () => {
  const ZipFile = Buffer.alloc(52_428_801);
  expect(await errorOf(test.send("bad", { Code: { ZipFile } }))).toMatchObject({
    name: "RequestEntityTooLargeException",
    status: 413,
    message: "Zipped size must be smaller than 52428800 bytes",
  });
});

it("gives the zip back at the location that GetFunction names", async () => {
  const { Code, Configuration } = await test.lambda.send(
    new GetFunctionCommand({ FunctionName: "present" }),
  );
  const response = await fetch(Code?.Location ?? "");
  expect(response.status).toBe(200);
  const digest = createHash("sha256").update(Buffer.from(await response.arrayBuffer()));
  expect(digest.digest("base64")).toBe(Configuration?.CodeSha256);
  const unknown = Code?.Location?.replace(/[0-9a-f]{64}$/, "0".repeat(64)) ?? "";
  expect((await fetch(unknown)).status).toBe(404);
});

/** Its directory is in order; the data of its file is not. */
async function damagedZip(): Promise<Buffer> {
  const zip = await zipOf({ "app.py": pythonApp("damaged").repeat(50) });
  const data = 30 + "app.py".length;
  zip.fill(0xff, data, data + 20);
  return zip;
}

const configurationOf = (FunctionName: string) =>
  test.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));

it("Failed is the state of a function whose damage shows only when it is unpacked", async () => {
  await test.send("late", { Code: { ZipFile: await damagedZip() } });
  await eventually(async () =>
    expect(await configurationOf("late")).toMatchObject({
      State: "Failed",
      StateReasonCode: "InvalidZipFileException",
      StateReason: expect.any(String),
    }),
  );
  expect(await errorOf(test.invoke("late"))).toMatchObject({
    name: "ResourceConflictException",
    message:
      "The operation cannot be performed at this time. The function is currently in the following state: Failed",
  });
  // Good code heals it.
  expect(await test.publish("late", pythonApp("healed"))).toBe("1");
  expect((await test.invoke("late")).json?.answer).toBe("healed");
});

it("an update that fails leaves the old code serving", async () => {
  const ZipFile = await damagedZip();
  await test.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "present", ZipFile }));
  await eventually(async () =>
    expect(await configurationOf("present")).toMatchObject({
      State: "Active",
      LastUpdateStatus: "Failed",
      LastUpdateStatusReasonCode: "InvalidZipFileException",
    }),
  );
  expect((await test.invoke("present")).json?.answer).toBe("present");
});
