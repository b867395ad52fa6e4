// Protects what an HTTP hook's answer means: pass and fail are the hook's own word, everything else
// is an error and never a pass.
import { describe, expect, it } from "vitest";
import { callUrl, lookAtUrl } from "../../src/hooks/http.ts";
import { hookCall } from "../support/hook-call.ts";
import { type Answer, httpServer } from "../support/http-server.ts";

async function ask(answer: Answer, timeoutMs?: number) {
  const server = await httpServer(() => answer);
  const call = hookCall({ kind: "http", url: server.url }, timeoutMs);
  return { outcome: await callUrl(call, server.url), server };
}

describe("an HTTP hook", () => {
  it.each([
    [200, "pass"],
    [204, "pass"],
    [400, "fail"],
    [409, "fail"],
    [422, "fail"],
    [401, "error"],
    [404, "error"],
    [429, "error"],
    [500, "error"],
    [503, "error"],
  ] as const)("that answers %i is a %s", async (status, verdict) => {
    const { outcome } = await ask({ status });
    expect(outcome.verdict).toBe(verdict);
    expect(outcome.detail).toContain(String(status));
  });

  it("may say no with a 200", async () => {
    const { outcome } = await ask({
      status: 200,
      body: '{"verdict":"fail","detail":"2 of 9 broken"}',
    });
    expect(outcome).toEqual({ verdict: "fail", detail: "status 200: 2 of 9 broken" });
  });

  it("cannot say yes with a 500", async () => {
    const { outcome } = await ask({ status: 500, body: '{"verdict":"pass"}' });
    expect(outcome.verdict).toBe("error");
  });

  it("is an error when it is too long to be a verdict", async () => {
    const { outcome } = await ask({ status: 200, body: " ".repeat(1024 * 1024 + 1) });
    expect(outcome.verdict).toBe("error");
    expect(outcome.detail).toContain("answered more than 1048576 bytes");
  });

  it("is not followed elsewhere", async () => {
    const { outcome, server } = await ask({ status: 302, location: "/elsewhere" });
    expect(outcome.verdict).toBe("error");
    expect(server.received).toHaveLength(1);
  });

  it("is told about the rollout", async () => {
    const { server } = await ask({ status: 200 });
    expect(server.received[0]?.method).toBe("POST");
    expect(JSON.parse(server.received[0]?.body ?? "")).toEqual({
      rollout: "r1",
      hook: "smoke",
      when: "beforeTraffic",
      stable: "3",
      canary: "4",
      weightBps: 1000,
    });
  });

  it("that does not answer in time is an error", async () => {
    const { outcome } = await ask("silence", 50);
    expect(outcome.verdict).toBe("error");
    expect(outcome.detail).toContain("no answer within 50 ms");
  });

  it("that nobody serves is an error", async () => {
    const url = "http://127.0.0.1:1";
    const outcome = await callUrl(hookCall({ kind: "http", url }), url);
    expect(outcome.verdict).toBe("error");
  });
});

describe("preflight", () => {
  it("takes an address and refuses what is none", async () => {
    expect((await lookAtUrl("hook exists", "https://example.com/smoke")).outcome).toBe("ok");
    for (const url of ["example.com", "ftp://example.com/"]) {
      expect((await lookAtUrl("hook exists", url)).outcome).toBe("problem");
    }
  });
});
