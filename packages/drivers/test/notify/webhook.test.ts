// Protects what receivers of notices get, and that one that fails keeps the others from nothing.
import { expect, it } from "vitest";
import { webhookNotifier } from "../../src/notify/webhook.ts";
import { expectError } from "../support/expect-error.ts";
import { httpServer } from "../support/http-server.ts";

const NOTICE = {
  rollout: "r1",
  subject: "checkout rolled back",
  text: "errors 7% over 1%",
  atMs: Date.UTC(2026, 10, 21, 5),
};

it("posts the notice as JSON", async () => {
  const server = await httpServer(() => ({ status: 200 }));
  await webhookNotifier([`${server.url}/hook`]).notify(NOTICE);
  expect(server.received).toHaveLength(1);
  expect(server.received[0]?.path).toBe("/hook");
  expect(JSON.parse(server.received[0]?.body ?? "")).toEqual({
    rollout: "r1",
    subject: "checkout rolled back",
    text: "errors 7% over 1%",
    at: "2026-11-21T05:00:00.000Z",
  });
});

it("reaches the others when one fails, and says which failed", async () => {
  const broken = await httpServer(() => ({ status: 500 }));
  const well = await httpServer(() => ({ status: 204 }));
  const urls = [`${broken.url}/a-secret`, well.url, "http://127.0.0.1:1/a-secret"];
  const error = await expectError(webhookNotifier(urls).notify(NOTICE), "NOTICE_NOT_SENT");
  expect(error.message).toMatch(/127\.0\.0\.1:\d+ answered 500; 127\.0\.0\.1:1 did not answer/);
  expect(error.message).not.toContain("a-secret");
  expect(well.received).toHaveLength(1);
});

it("has nothing to do without receivers", async () => {
  await expect(webhookNotifier([]).notify(NOTICE)).resolves.toBeUndefined();
});
