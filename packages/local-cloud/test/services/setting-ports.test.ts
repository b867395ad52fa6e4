import { afterEach, beforeEach, expect, it } from "vitest";
import { PLACE, type ServerlessCloud, serverlessCloud } from "../support/serverless-cloud.ts";

// Protects what container services read for the containers they start: parameters and secrets.

let cloud: ServerlessCloud;
beforeEach(() => {
  cloud = serverlessCloud();
});
afterEach(() => cloud.core.close());

it("gives a parameter by name, ARN and version, a secret one in the clear", async () => {
  const put = { Name: "/shop/pw", Value: "one", Type: "SecureString" };
  await cloud.call("ssm", "PutParameter", put);
  await cloud.call("ssm", "PutParameter", { ...put, Value: "two", Overwrite: true });
  const parameters = await cloud.core.cloud.port("parameters");
  const arn = "arn:aws:ssm:us-east-1:000000000000:parameter/shop/pw";
  const values = ["/shop/pw", arn, `${arn}:1`, "/shop/none", `${arn}:9`].map((name) =>
    parameters.value(PLACE, name),
  );
  expect(values).toEqual(["two", "two", "one", undefined, undefined]);
  expect(parameters.value({ ...PLACE, region: "eu-west-1" }, "/shop/pw")).toBeUndefined();
});

it("gives a secret, one of its keys, and an older version", async () => {
  const first = "11111111-1111-1111-1111-111111111111";
  const secret = { Name: "shop/db", SecretString: '{"user":"app","port":5432}' };
  const created = await cloud.call("secretsmanager", "CreateSecret", {
    ...secret,
    ClientRequestToken: first,
  });
  const arn = /arn:[^"]+/.exec(JSON.stringify(created))?.[0] ?? "";
  await cloud.call("secretsmanager", "PutSecretValue", {
    SecretId: "shop/db",
    SecretString: '{"user":"new"}',
  });
  const secrets = await cloud.core.cloud.port("secrets");
  const value = (suffix: string) => secrets.value(PLACE, `${arn}${suffix}`);
  expect(value("")).toBe('{"user":"new"}');
  expect(value(":user::")).toBe("new");
  expect(value(":user:AWSPREVIOUS:")).toBe("app");
  expect(value(`:port::${first}`)).toBe("5432");
  expect(value(`::AWSPREVIOUS:${first}`)).toBe(secret.SecretString);
  expect(value(`:user:AWSCURRENT:${first}`)).toBeUndefined();
  expect(value(":none::")).toBeUndefined();
  expect(value(":user:NONE:")).toBeUndefined();
  const wholeArn = (valueFrom: string) => secrets.arnOf(PLACE, valueFrom);
  expect([`${arn}:user::`, arn.slice(0, -7), arn.replace("db", "no")].map(wholeArn)).toEqual([
    arn,
    arn,
    undefined,
  ]);
  await cloud.call("secretsmanager", "DeleteSecret", { SecretId: "shop/db" });
  expect(value("")).toBeUndefined();
});
