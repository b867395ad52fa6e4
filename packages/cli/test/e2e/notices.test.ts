// Protects people who are told, and the rollout from those who tell them: a receiver that never answers delays no shift
// and changes no exit code, and the journal says that it was not told.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { nextRelease, openTestShop, type TestShop } from "../support/test-shop.ts";

let shop: TestShop;
let web: Server;
/** What came, by the notice's id: a notice whose answer is late is sent again, with the same one. */
const got = new Map<string, { readonly path: string | undefined; readonly type: string }>();
let silentPosts = 0;
beforeAll(async () => {
  shop = await openTestShop();
  web = createServer((request, response) => {
    void text(request).then((body) => {
      const { type } = JSON.parse(body) as { readonly type: string };
      got.set(`${request.url} ${String(request.headers["webhook-id"])}`, {
        path: request.url,
        type,
      });
      if (request.url === "/silent") silentPosts += 1;
      if (request.url === "/answers") response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  web.closeAllConnections();
  web.close();
  await shop.close();
});

const hook = (path: string) => ({
  webhook: {
    url: `http://127.0.0.1:${(web.address() as AddressInfo).port}${path}`,
    allowPrivate: true,
  },
});

function typesAt(wanted: string): readonly string[] {
  return [...got.values()].flatMap(({ path, type }) => (path === wanted ? [type] : []));
}

interface HistoryEntry {
  readonly notes: readonly { readonly kind: string; readonly text: string }[];
}

it("a receiver that never answers holds up nothing, and is noted", async () => {
  const release = shop.release(nextRelease(), {
    notify: [{ ...hook("/silent"), on: ["started"] }, hook("/answers")],
  });
  const { exitCode, stderr } = await release.run("deploy");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect([typesAt("/silent"), silentPosts]).toEqual([["rollout.started"], 3]);
  expect(typesAt("/answers")).toEqual([
    "rollout.started",
    "rollout.step",
    "rollout.step",
    "rollout.promoted",
    "rollout.finished",
  ]);
  const history = await release.json("history", "shop");
  const entries = history["entries"] as readonly HistoryEntry[];
  const texts = entries.flatMap(({ notes }) => notes).map(({ text: said }) => said);
  const givenUp = texts.findIndex((said) => said.startsWith("notify was given up: notify[0]"));
  const healthy = texts.findIndex((said) => said.startsWith("healthy"));
  expect([healthy > 0, givenUp > healthy]).toEqual([true, true]);
});

it("waits for a person only when people were told of it", async () => {
  got.clear();
  const steps = [{ setWeight: "10%" }, { approval: { message: "go on?", deadline: "1h" } }];
  const release = shop.release(nextRelease(), {
    strategy: { canary: { steps } },
    notify: [{ ...hook("/answers"), on: ["paused"] }],
  });
  const { exitCode } = await release.run("deploy", "--exit-when-held");
  expect(exitCode).toBe(12);
  expect(typesAt("/answers")).toEqual(["rollout.paused"]);
  await release.run("abort");
});
