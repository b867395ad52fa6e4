// Protects what receivers of webhooks get and can verify, and what a receiver can do to a rollout: nothing, be it
// slow, broken, endless, redirecting, or a name that means another address at the second look.
import { createHmac } from "node:crypto";
import type { ReceiverSpec } from "@headgate/core";
import { describe, expect, it } from "vitest";
import { awsClients } from "../../src/aws/clients.ts";
import { awsRunner } from "../../src/aws/runner.ts";
import { systemClock, systemRandom } from "../../src/clock.ts";
import { type NotifierOptions, notifierFor } from "../../src/notify/notifier.ts";
import { expectError } from "../support/expect-error.ts";
import { NOTICE, startReceiver } from "../support/receiver.ts";

const KEY = Buffer.from("0123456789abcdef0123456789abcdef");
const SECRET = `whsec_${KEY.toString("base64")}`;

function notifier(receivers: readonly ReceiverSpec[], more: Partial<NotifierOptions> = {}) {
  const run = awsRunner({ clock: systemClock(), random: systemRandom() });
  return notifierFor({ receivers, clients: awsClients(), run, environment: {}, ...more });
}

const hook = (url: string, more: { readonly secretFrom?: string } = {}): ReceiverSpec => ({
  webhook: { url, allowPrivate: true, ...more },
});

describe("a webhook", () => {
  it("gets the notice as JSON in the envelope of Standard Webhooks", async () => {
    const server = await startReceiver();
    await notifier([hook(server.url)]).notify(NOTICE, 0);
    expect(server.got).toHaveLength(1);
    expect(server.got[0]?.headers).toMatchObject({
      "content-type": "application/json",
      "webhook-id": "checkout-1/7",
    });
    expect(server.got[0]?.headers).not.toHaveProperty("webhook-signature");
    expect(JSON.parse(server.got[0]?.body ?? "")).toEqual({
      type: "rollout.turningBack",
      timestamp: "2026-11-21T05:00:00.000Z",
      data: {
        id: "checkout-1/7",
        kind: "turningBack",
        rollout: "checkout-1",
        name: "checkout",
        target: "Lambda checkout:live",
        subject: "checkout: turning back",
        text: NOTICE.text,
        reason: "errors 7% over 1%",
        weightPercent: 10,
        route: "version 1 90%, version 2 10%",
        link: "https://ci.example.com/r?id=checkout-1",
      },
    });
  });

  it("is signed over id, time and body, with every key there is, and the id stays", async () => {
    const server = await startReceiver();
    const other = Buffer.alloc(24, 7).toString("base64");
    const environment = { KEYS: `${SECRET} whsec_${other}` };
    const clock = { nowMs: () => 1_795_237_200_999 };
    const told = notifier([hook(server.url, { secretFrom: "KEYS" })], { environment, clock });
    await told.notify(NOTICE, 0);
    await told.notify(NOTICE, 0);
    const [first, second] = server.got;
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    expect(first?.headers["webhook-timestamp"]).toBe("1795237200");
    const sign = (key: Buffer) =>
      createHmac("sha256", key).update(`checkout-1/7.1795237200.${first?.body}`).digest("base64");
    const keys = [KEY, Buffer.from(other, "base64")];
    const expected = keys.map((key) => `v1,${sign(key)}`).join(" ");
    expect(first?.headers["webhook-signature"]).toBe(expected);
  });

  it("signs the specification's own example as the specification does", async () => {
    const { keysOf, signedHeaders } = await import("../../src/notify/signature.ts");
    // Source: the test vector of the Standard Webhooks libraries.
    const keys = keysOf("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    if (typeof keys === "string") throw new Error(keys);
    const message = {
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
      atMs: 1_614_265_330_000,
      body: '{"test": 2432232314}',
    };
    expect(signedHeaders(message, keys)["webhook-signature"]).toBe(
      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    );
  });

  it.each([
    ["is not set", {}, /variable KEYS is not set/],
    ["is too short", { KEYS: "whsec_c2hvcnQ=" }, /secret in KEYS has a key of 5 bytes; 24 to 64/],
    ["is no base64", { KEYS: "hunter2!" }, /secret in KEYS is not whsec_ and base64/],
  ])("is not sent unsigned when its secret %s", async (_, environment, message) => {
    const server = await startReceiver();
    const told = notifier([hook(server.url, { secretFrom: "KEYS" })], { environment });
    const error = await expectError(told.notify(NOTICE, 0), "NOTICE_NOT_SENT");
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain("hunter2");
    expect(server.got).toEqual([]);
    const [finding] = await told.preflight();
    expect(finding).toMatchObject({ check: "notify[0]", outcome: "warning" });
    expect(finding?.detail).toMatch(message);
  });
});

describe("a receiver that does not take it", () => {
  const failing = async (url: string, more: Partial<NotifierOptions> = {}) => {
    const error = await expectError(
      notifier([hook(url)], more).notify(NOTICE, 0),
      "NOTICE_NOT_SENT",
    );
    expect(error.message).toMatch(/^notify\[0\] \(webhook\) was not told: 127\.0\.0\.1:\d+ /);
    expect(`${error.message} ${error.hint} ${String(error.cause)}`).not.toContain("a-secret");
    return error.message;
  };

  it("says so with its status and its own words, and no more of them than a few", async () => {
    const words = `not today\u001b[31m${"x".repeat(5_000_000)}`;
    const server = await startReceiver((response) => void response.writeHead(500).end(words));
    const message = await failing(server.url);
    expect(message).toContain("answered 500: not today [31mxxx");
    expect(message.length).toBeLessThan(400);
  });

  it("is not waited for when it is silent", async () => {
    const server = await startReceiver(() => {});
    expect(await failing(server.url, { deadlineMs: 50 })).toContain("no answer within 0.05 s");
  });

  it("is not waited for when its words never end", async () => {
    const server = await startReceiver((response) => void response.writeHead(503).write("wait"));
    expect(await failing(server.url, { deadlineMs: 200 })).toContain("answered 503");
  });

  it("is not followed elsewhere", async () => {
    const elsewhere = await startReceiver();
    const server = await startReceiver(
      (response) => void response.writeHead(307, { location: elsewhere.url }).end(),
    );
    expect(await failing(server.url)).toContain("answered 307, a redirect, which is not followed");
    expect(elsewhere.got).toEqual([]);
  });

  it("may be nobody", async () => {
    expect(await failing("http://127.0.0.1:1/a-secret")).toContain("ECONNREFUSED");
  });

  it("keeps the others from nothing when all are told at once", async () => {
    const well = await startReceiver();
    const both = notifier([hook("http://127.0.0.1:1/a-secret"), hook(well.url)]);
    await expectError(both.notify(NOTICE), "NOTICE_NOT_SENT");
    expect(well.got).toHaveLength(1);
  });

  it("is the only one who is told again", async () => {
    const [one, two] = [await startReceiver(), await startReceiver()];
    await notifier([hook(one.url), hook(two.url)]).notify(NOTICE, 1);
    expect([one.got.length, two.got.length]).toEqual([0, 1]);
  });
});

describe("an address that no public host has", () => {
  const privateUrl = (url: string): ReceiverSpec => ({ webhook: url });

  it.each([
    "127.0.0.1",
    "2130706433",
    "0x7f.1",
    "10.1.2.3",
    "169.254.169.254",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[fd00:ec2::254]",
    "[fe80::1]",
  ])("is refused: %s", async (host) => {
    const told = notifier([privateUrl(`http://${host}:1/a-secret`)]);
    const error = await expectError(told.notify(NOTICE, 0), "NOTICE_NOT_SENT");
    expect(error.message).toContain("an address of this machine or a private network");
    expect((await told.preflight())[0]?.outcome).toBe("warning");
  });

  it("is refused when a name leads there only at the time of the connection", async () => {
    const server = await startReceiver();
    const url = `http://hooks.example.com:${server.port}/a-secret`;
    const resolve: NotifierOptions["resolve"] = (_, done) =>
      done(null, [{ address: "127.0.0.1", family: 4 }]);
    const told = notifier([privateUrl(url)], { resolve });
    const error = await expectError(told.notify(NOTICE, 0), "NOTICE_NOT_SENT");
    expect(error.message).toContain("hooks.example.com");
    expect(error.message).toContain("is at 127.0.0.1");
    expect(server.got).toEqual([]);
    // The same name and the same look-up do connect when that is allowed.
    await notifier([hook(url)], { resolve }).notify(NOTICE, 0);
    expect(server.got).toHaveLength(1);
  });
});
