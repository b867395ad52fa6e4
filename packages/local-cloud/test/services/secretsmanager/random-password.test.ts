import {
  GetRandomPasswordCommand,
  type GetRandomPasswordCommandInput,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seededRandom } from "../../../src/random.ts";
import { randomPassword } from "../../../src/services/secretsmanager/random-password.ts";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

// Protects GetRandomPassword: its options, its errors, and that no character is preferred.

let cloud: TestCloud;
let secrets: SecretsManagerClient;
beforeAll(async () => {
  cloud = await startTestCloud();
  secrets = cloud.client(SecretsManagerClient);
});
afterAll(() => cloud.close());

const password = async (input: GetRandomPasswordCommandInput = {}) =>
  (await secrets.send(new GetRandomPasswordCommand(input))).RandomPassword ?? "";

describe("GetRandomPassword", () => {
  it("is 32 characters with one of each type", async () => {
    const text = await password();
    expect(text).toHaveLength(32);
    expect(text).toMatch(/[a-z]/);
    expect(text).toMatch(/[A-Z]/);
    expect(text).toMatch(/\d/);
    expect(text).toMatch(/[!-/:-@[-`{-~]/);
    expect(text).not.toContain(" ");
  });

  it("does what the recipes ask of it", async () => {
    const text = await password({
      ExcludePunctuation: true,
      ExcludeUppercase: true,
      PasswordLength: 6,
      RequireEachIncludedType: true,
    });
    expect(text).toMatch(/^(?=.*[a-z])(?=.*\d)[a-z\d]{6}$/);
  });

  it("keeps to what is left", async () => {
    const onlyNumbers = {
      ExcludeLowercase: true,
      ExcludeUppercase: true,
      ExcludePunctuation: true,
      ExcludeCharacters: "01234567",
    };
    expect(await password({ ...onlyNumbers, PasswordLength: 50 })).toMatch(/^[89]{50}$/);
    const withSpace = { ...onlyNumbers, IncludeSpace: true, PasswordLength: 2 };
    expect(await password(withSpace)).toMatch(/^(?: [89]|[89] )$/);
    expect(await password({ PasswordLength: 1, RequireEachIncludedType: false })).toHaveLength(1);
  });

  it.each([
    [{ PasswordLength: 3 }, "Password length is too short based on the required types."],
    [
      {
        ExcludeLowercase: true,
        ExcludeUppercase: true,
        ExcludeNumbers: true,
        ExcludePunctuation: true,
      },
      "All characters that you specified are excluded. Choose fewer characters to exclude.",
    ],
  ])("%o: %s", async (input, message) => {
    await expect(password(input)).rejects.toMatchObject({
      name: "InvalidParameterException",
      message,
    });
  });

  it.each([0, 4097])("a length of %i is out of range", async (PasswordLength) => {
    await expect(password({ PasswordLength })).rejects.toBeInstanceOf(Error);
  });
});

describe("every allowed character", () => {
  it("is equally likely", () => {
    const random = seededRandom(7);
    const counts = new Map<string, number>();
    const draws = 4000;
    for (let draw = 0; draw < draws; draw++) {
      const text = randomPassword(random, {
        PasswordLength: 10,
        ExcludePunctuation: true,
        ExcludeUppercase: true,
        RequireEachIncludedType: false,
      });
      for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    const expected = (draws * 10) / 36;
    const chiSquared = [...counts.values()].reduce(
      (sum, count) => sum + (count - expected) ** 2 / expected,
      0,
    );
    expect(counts.size).toBe(36);
    // 35 degrees of freedom: one in a thousand lies above this.
    expect(chiSquared).toBeLessThan(66.6);
  });
});
