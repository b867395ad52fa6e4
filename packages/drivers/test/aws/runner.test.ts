// Protects the one place where calls to AWS are retried: what is tried again, how long, and that no
// raw AWS error gets out.
import { describe, expect, it } from "vitest";
import { type AwsRunner, awsRunner, poll } from "../../src/aws/runner.ts";
import { constantRandom, testClock } from "../support/test-clock.ts";
import { expectError } from "../support/expect-error.ts";

const REQUEST = { action: "lambda:GetAlias", subject: "alias checkout:live" };

function awsException(name: string, status: number, message = "said AWS"): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

function networkError(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code });
}

/** Fails with each of `failures` in turn, then answers. */
function flaky(failures: readonly Error[]) {
  let calls = 0;
  const send = () => {
    const failure = failures[calls++];
    return failure === undefined ? Promise.resolve("answer") : Promise.reject(failure);
  };
  return { send, calls: () => calls };
}

function endless(failure: Error) {
  let calls = 0;
  return { send: () => (calls++, Promise.reject(failure)), calls: () => calls };
}

function runnerAt(jitter: number): { run: AwsRunner; clock: ReturnType<typeof testClock> } {
  const clock = testClock();
  return { clock, run: awsRunner({ clock, random: constantRandom(jitter) }) };
}

describe("what is tried again", () => {
  it.each([
    ["a throttled call", awsException("TooManyRequestsException", 429)],
    ["a throttled call of CloudWatch", awsException("Throttling", 400)],
    ["a server error", awsException("ServiceException", 500)],
    ["a broken connection", networkError("ECONNRESET")],
    ["a refused connection", networkError("ECONNREFUSED")],
    ["a lost answer", Object.assign(new Error("timed out"), { name: "TimeoutError" })],
  ])("%s", async (_, failure) => {
    const { run } = runnerAt(0.5);
    const call = flaky([failure, failure]);
    expect(await run(REQUEST, call.send)).toBe("answer");
    expect(call.calls()).toBe(3);
  });

  it.each([
    ["a denied call", awsException("AccessDeniedException", 403), "AWS_DENIED"],
    ["expired credentials", awsException("ExpiredTokenException", 400), "AWS_CREDENTIALS"],
    ["no credentials", awsException("CredentialsProviderError", 0), "AWS_CREDENTIALS"],
    ["a missing thing", awsException("ResourceNotFoundException", 404), "TARGET_NOT_FOUND"],
    ["a refused value", awsException("InvalidParameterValueException", 400), "AWS_REFUSED"],
    ["no region", new Error("Region is missing"), "USAGE"],
  ] as const)("never %s", async (_, failure, code) => {
    const { run } = runnerAt(0.5);
    const call = endless(failure);
    const error = await expectError(run(REQUEST, call.send), code);
    expect(error.message).toContain(failure.message);
    expect(call.calls()).toBe(1);
  });

  it("leaves our own bugs as they are", async () => {
    const { run } = runnerAt(0.5);
    const bug = new TypeError("undefined is not a function");
    await expect(run(REQUEST, () => Promise.reject(bug))).rejects.toBe(bug);
  });

  it("repeats nothing that may have had its effect when told so", async () => {
    const { run } = runnerAt(0.5);
    const lost = endless(networkError("ECONNRESET"));
    await expectError(run(REQUEST, lost.send, { retry: "unsent" }), "AWS_UNREACHABLE");
    expect(lost.calls()).toBe(1);
    const throttled = flaky([awsException("TooManyRequestsException", 429)]);
    expect(await run(REQUEST, throttled.send, { retry: "unsent" })).toBe("answer");
  });
});

describe("how long", () => {
  it("doubles the ceiling of the jitter up to five seconds", async () => {
    const { run, clock } = runnerAt(1);
    const failure = awsException("TooManyRequestsException", 429);
    await run(REQUEST, flaky(Array.from({ length: 6 }, () => failure)).send);
    expect(clock.slept).toEqual([500, 1000, 2000, 4000, 5000, 5000]);
  });

  it("draws each pause from zero up", async () => {
    const { run, clock } = runnerAt(0);
    await run(REQUEST, flaky([awsException("TooManyRequestsException", 429)]).send);
    expect(clock.slept).toEqual([0]);
  });

  it("gives up rather than pass the deadline, and says what the last answer was", async () => {
    const { run, clock } = runnerAt(1);
    const startMs = clock.nowMs();
    const call = endless(awsException("TooManyRequestsException", 429, "Rate Exceeded."));
    const error = await expectError(run(REQUEST, call.send, { deadlineMs: 3000 }), "AWS_THROTTLED");
    expect(error.message).toContain("Rate Exceeded.");
    expect(clock.nowMs() - startMs).toBeLessThanOrEqual(3000);
  });

  it("soon believes that an address does not exist", async () => {
    const { run } = runnerAt(1);
    const call = endless(networkError("ENOTFOUND"));
    await expectError(run(REQUEST, call.send), "AWS_UNREACHABLE");
    expect(call.calls()).toBe(4);
  });

  it("ends an attempt that hangs", async () => {
    const { run } = runnerAt(0);
    const hang = (signal: AbortSignal) =>
      new Promise<string>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      });
    const error = await expectError(run(REQUEST, hang, { attemptMs: 20 }), "TIMED_OUT");
    expect(error.message).toContain("lambda:GetAlias for alias checkout:live");
  });
});

describe("polling", () => {
  const options = {
    waitingFor: "the version to be active",
    settled: (count: number) => (count >= 3 ? count : undefined),
    describe: (count: number) => `seen ${count} times`,
  };

  it("returns what settled", async () => {
    let reads = 0;
    const clock = testClock();
    const read = () => Promise.resolve(++reads);
    expect(await poll({ ...options, clock, read, deadlineMs: 10_000 })).toBe(3);
    expect(clock.slept).toEqual([100, 150]);
  });

  it("gives up at its deadline and says what it saw last", async () => {
    const clock = testClock();
    const startMs = clock.nowMs();
    const read = () => Promise.resolve(1);
    const error = await expectError(
      poll({ ...options, clock, read, deadlineMs: 10_000 }),
      "TIMED_OUT",
    );
    expect(error.message).toContain("seen 1 times");
    expect(clock.nowMs() - startMs).toBeLessThanOrEqual(10_000);
  });
});
