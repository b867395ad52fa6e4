import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createService } from "../src/service.js";
import { settingsFrom } from "../src/settings.js";

// Protects what the load balancer, Prometheus and the release rely on.

const ADMIN = { authorization: "Bearer secret" };

describe("the service", () => {
  const service = createService({ version: "7", errorRate: 0, adminToken: "secret" });
  let url;
  before(async () => {
    url = `http://127.0.0.1:${await service.listen(0)}`;
  });
  after(() => service.close(0));

  it("is healthy and ready, and answers with its version", async () => {
    assert.equal((await fetch(`${url}/health`)).status, 200);
    assert.equal((await fetch(`${url}/ready`)).status, 200);
    const answer = await fetch(`${url}/api/data`);
    assert.equal(answer.headers.get("x-version"), "7");
    assert.equal((await answer.json()).version, "7");
  });

  it("says what it does not know", async () => {
    assert.equal((await fetch(`${url}/api/nothing`)).status, 404);
    assert.equal((await fetch(`${url}/api/data`, { method: "POST" })).status, 405);
  });

  it("counts requests by route and status", async () => {
    await fetch(`${url}/api/data?id=1`);
    await fetch(`${url}/any/thing/else`);
    const text = await (await fetch(`${url}/metrics`)).text();
    const counts = text
      .split("\n")
      .filter((line) => line.includes("_seconds_count{"))
      .join("\n");
    assert.match(counts, /version="7",method="GET",route="\/api\/data",status="200"/);
    assert.match(counts, /route="other",status="404"/);
    assert.doesNotMatch(counts, /any\/thing/);
  });

  it("fails as many requests as an administrator says", async () => {
    const set = async (body, headers) =>
      (await fetch(`${url}/admin/error-rate`, { method: "POST", body, headers })).status;
    assert.equal(await set("1", {}), 403);
    assert.equal(await set("2", ADMIN), 400);
    assert.equal(await set("", ADMIN), 400);
    assert.equal(await set("1", ADMIN), 200);
    assert.equal((await fetch(`${url}/api/data`)).status, 500);
    assert.equal((await fetch(`${url}/health`)).status, 200);
    assert.equal(await set("0", ADMIN), 200);
    assert.equal((await fetch(`${url}/api/data`)).status, 200);
  });
});

it("is not ready any more before it stops taking requests", async () => {
  const service = createService({ version: "7", errorRate: 0 });
  const url = `http://127.0.0.1:${await service.listen(0)}`;
  const closed = service.close(300);
  assert.equal((await fetch(`${url}/ready`)).status, 503);
  assert.equal((await fetch(`${url}/api/data`)).status, 200);
  await closed;
  await assert.rejects(fetch(`${url}/api/data`));
});

it("refuses settings that make no sense", () => {
  const release = { version: "7", errorRate: 0.3 };
  assert.equal(settingsFrom({}, release).port, 8080);
  assert.equal(settingsFrom({}, release).errorRate, 0.3);
  assert.equal(settingsFrom({ ERROR_RATE: "0" }, release).errorRate, 0);
  assert.throws(() => settingsFrom({ ERROR_RATE: "30%" }, release), /ERROR_RATE is "30%"/);
  assert.throws(() => settingsFrom({ PORT: "" }, release), /PORT/);
});
