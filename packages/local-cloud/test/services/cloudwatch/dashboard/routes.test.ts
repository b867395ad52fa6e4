import { DeleteDashboardsCommand, PutDashboardCommand } from "@aws-sdk/client-cloudwatch";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startWatchedCloud, type WatchedCloud } from "../support.ts";

// Protects the pages over HTTP: what they show and why they show nothing, that no text of a user's becomes HTML, and
// that a page asks nobody but the cloud.

let cloud: WatchedCloud;
beforeEach(async () => {
  cloud = await startWatchedCloud();
});
afterEach(() => cloud.close());

const region = "us-east-1";
const errors = (properties: object = {}) => ({
  type: "metric",
  x: 0,
  y: 0,
  width: 12,
  height: 6,
  properties: { metrics: [["Shop", "Errors"]], period: 10, stat: "Sum", region, ...properties },
});

async function put(widgets: readonly object[], more: object = {}): Promise<void> {
  const DashboardBody = JSON.stringify({ widgets, ...more });
  await cloud.watch.send(new PutDashboardCommand({ DashboardName: "live", DashboardBody }));
}

const get = (path: string) => fetch(`${cloud.url}/_headgate/dashboards${path}`);

interface Data {
  readonly startMs: number;
  readonly endMs: number;
  readonly widgets: readonly { readonly isEmpty: boolean; readonly content: object }[];
}

async function data(query = ""): Promise<Data> {
  const answer: unknown = await (await get(`/live/data${query}`)).json();
  return answer as Data;
}

describe("the list", () => {
  it("names every dashboard of the account, and says how to make one", async () => {
    expect(await (await get("")).text()).toContain(
      "There are no dashboards in account 000000000000",
    );
    await put([]);
    const page = await (await get("")).text();
    expect(page).toContain('href="/_headgate/dashboards/live"');
    expect(await (await get("?account=111111111111")).text()).not.toContain("live");
    await cloud.watch.send(new DeleteDashboardsCommand({ DashboardNames: ["live"] }));
    expect((await get("/live")).status).toBe(404);
    expect((await get("/live/data")).status).toBe(404);
    expect((await get("/%zz")).status).toBe(404);
  });
});

describe("a metric widget", () => {
  it("has its points, its threshold and its unit", async () => {
    await cloud.put("Errors", 3);
    await cloud.putAlarm("errors");
    await cloud.advance(30_000);
    const annotations = {
      horizontal: [{ value: 5, label: "too many", fill: "above" }],
      alarms: ["arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors"],
    };
    await put([errors({ annotations }), errors({ view: "singleValue" })]);
    const { widgets, startMs, endMs } = await data("?range=15m");
    expect(endMs - startMs).toBe(15 * 60_000);
    expect(widgets[0]).toMatchObject({
      isEmpty: false,
      content: {
        kind: "chart",
        lines: [{ label: "Errors", points: [[cloud.nowMs() - 30_000, 3]] }],
        bounds: [
          { value: 5, label: "too many" },
          { value: 10, label: "errors 10" },
        ],
        problems: [],
      },
    });
    expect(widgets[1]).toMatchObject({ content: { kind: "numbers", values: [{ value: 3 }] } });
    const page = await (await get("/live?range=15m")).text();
    expect(page).toContain("<circle");
    expect(page).toContain("too many");
  });

  it("computes, and draws an alarm that is all it is given", async () => {
    await cloud.put("Errors", 3);
    await cloud.putAlarm("errors");
    await cloud.advance(30_000);
    const metrics = [
      ["Shop", "Errors", { id: "e", visible: false }],
      [{ expression: "e * 2", label: "twice" }],
    ];
    const alarms = ["arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors"];
    await put([errors({ metrics }), errors({ metrics: undefined, annotations: { alarms } })]);
    const { widgets } = await data();
    expect(widgets[0]?.content).toMatchObject({
      lines: [{ label: "twice", points: [[expect.any(Number), 6]] }],
    });
    expect(widgets[1]?.content).toMatchObject({ lines: [{ label: "Errors" }] });
  });

  it("sets lines of one name apart by their dimensions", async () => {
    const metrics = [
      ["Shop", "Errors", "Stage", "blue"],
      ["...", "green"],
    ];
    await put([errors({ metrics })]);
    expect((await data()).widgets[0]?.content).toMatchObject({
      lines: [{ label: "blue" }, { label: "green" }],
    });
  });

  it.each([
    [["Sohp", "Errors"], "nothing has published to the namespace Sohp in us-east-1."],
    [
      ["Shop", "Errors", "Stage", "x"],
      "no such metric with Stage=x. There is one with no dimensions.",
    ],
    [["Shop", "Faults"], "no such metric. The namespace has Errors."],
    [
      ["Shop", "Errors"],
      "no data in this range of time; the newest is from 2026-11-20 10:00:01 UTC.",
    ],
    [[{ expression: "nothing + 1" }], "Undefined variable 'nothing'"],
  ])("says why it shows nothing: %j", async (row, reason) => {
    await cloud.put("Errors", 3);
    await cloud.advance(2 * 3_600_000);
    await put([errors({ metrics: [row] })]);
    const { widgets } = await data("?range=15m");
    expect(widgets[0]).toMatchObject({
      isEmpty: true,
      content: { problems: [expect.stringContaining(reason)] },
    });
    const page = await (await get("/live?range=15m")).text();
    expect(page).toContain("<strong>No data</strong>");
  });
});

describe("other widgets", () => {
  it("show alarms, texts and logs, or say what is missing", async () => {
    await cloud.putAlarm("errors");
    const arn = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:";
    await put([
      { type: "alarm", properties: { alarms: [`${arn}errors`, `${arn}none`] } },
      { type: "text", properties: { markdown: "# Hello" } },
      { type: "log", properties: { query: "SOURCE '/none' | fields @message", region } },
      { type: "log", properties: { query: "SOURCE '/none' | feilds", region } },
      { type: "explorer", properties: {} },
    ]);
    const { widgets } = await data();
    expect(widgets.map(({ content }) => content)).toMatchObject([
      {
        alarms: [
          { name: "errors", state: "INSUFFICIENT_DATA" },
          { name: "none", reason: "There is no alarm none in us-east-1." },
        ],
      },
      { markdown: "# Hello" },
      { rows: [], problems: ["There is no log group /none."] },
      { rows: [], problems: [expect.stringContaining("feilds")] },
      { kind: "unsupported", type: "explorer" },
    ]);
  });
});

describe("a page", () => {
  it("writes no text of a user's as HTML", async () => {
    const evil = "<script>alert(1)</script>\"'";
    await put([
      errors({
        title: evil,
        metrics: [["Shop", evil, { label: evil, color: '"><script>' }]],
        annotations: { horizontal: [{ value: 1, label: evil, color: evil }] },
      }),
      { type: "text", properties: { markdown: `${evil}\n\n[x](javascript:alert)` } },
      { type: "log", properties: { query: `SOURCE '${evil}' | fields @message`, region } },
      { type: evil, properties: { title: evil } },
    ]);
    const page = await (await get("/live")).text();
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toContain('="javascript');
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(
      (await (await get(`/${encodeURIComponent(evil)}`)).text()).match(/<script/g),
    ).toHaveLength(1);
  });

  it("may run its own script only, and loads nothing", async () => {
    await put([errors()]);
    const answer = await get("/live");
    const policy = answer.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'sha256-[^']+';/);
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    const page = await answer.text();
    expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(page).not.toContain("@import");
  });

  it("begins with the dashboard's own range of time", async () => {
    await put([], { start: "-PT1H" });
    const own = await data();
    expect(own.endMs - own.startMs).toBe(3_600_000);
    const asked = await data("?range=1d");
    expect(asked.endMs - asked.startMs).toBe(86_400_000);
    expect(await (await get("/live?range=1d")).text()).toContain('aria-current="true">1d<');
  });
});
