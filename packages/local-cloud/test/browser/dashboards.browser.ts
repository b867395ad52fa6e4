import {
  CloudWatchClient,
  DeleteDashboardsCommand,
  PutDashboardCommand,
  PutMetricDataCommand,
} from "@aws-sdk/client-cloudwatch";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { virtualClock } from "../../src/clock.ts";
import { startTestCloud, type TestCloud } from "../support/test-cloud.ts";
import { startChromium } from "./chromium.ts";
import { DASHBOARD, putRecipeDashboard, WIDGET_COUNT } from "./recipe-dashboard.ts";

// Protects dashboards as a person sees them: every widget has data, values show under the pointer, the page
// refreshes by itself, asks nobody but the cloud, and its script breaks nowhere.

let browser: Browser;
let cloud: TestCloud;
let page: Page;
const troubles: string[] = [];
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  troubles.length = 0;
  const clock = virtualClock(Date.parse("2026-11-21T12:00:30Z"), (error) => {
    throw error;
  });
  cloud = await startTestCloud({ clock });
  page = await browser.newPage({ viewport: { width: 1500, height: 1300 }, colorScheme: "light" });
  page.on("console", (message) => {
    if (message.type() === "error") troubles.push(message.text());
  });
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(cloud.url)) troubles.push(`asked ${request.url()}`);
  });
});
afterEach(async () => {
  await page.close();
  await cloud.close();
  if (troubles.length > 0) throw new Error(`the page was in trouble: ${troubles.join("; ")}`);
});

const open = (query = "") => page.goto(`${cloud.url}/_headgate/dashboards/${DASHBOARD}${query}`);

it("shows data in every widget of a deployment's dashboard", async () => {
  await putRecipeDashboard(cloud);
  await open();
  expect(await page.locator(".widget").count()).toBe(WIDGET_COUNT);
  expect(await page.locator(".widget[data-empty=true]").allTextContents()).toEqual([]);
  expect(await page.locator(".notes").allTextContents()).toEqual([]);
  const charts = page.locator("svg.chart");
  for (let index = 0; index < (await charts.count()); index++) {
    const chart = charts.nth(index);
    expect(await chart.locator("g.line polyline").count()).toBeGreaterThan(0);
    // What is drawn lies inside the drawing, and what is written is not cut off.
    expect(await outsideOf(chart)).toEqual([]);
  }
  const lines = await page.locator(".widget[data-kind=log] tbody tr").allTextContents();
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain("ERROR <script>alert(1)</script> is no order");
});

/** Texts of a chart that stick out of it. */
function outsideOf(chart: ReturnType<Page["locator"]>): Promise<string[]> {
  return chart.evaluate((svg) => {
    const frame = svg.getBoundingClientRect();
    return [...svg.querySelectorAll("text")].flatMap((text) => {
      const box = text.getBoundingClientRect();
      const isOut = box.left < frame.left - 1 || box.right > frame.right + 1;
      return isOut && text.textContent !== "" ? [text.textContent ?? ""] : [];
    });
  });
}

it("says the values under the pointer", async () => {
  await putRecipeDashboard(cloud);
  await open();
  const chart = page.locator("svg.chart").nth(1);
  const box = await chart.boundingBox();
  await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) * 0.6, (box?.y ?? 0) + 60);
  const tip = page.locator("#tip");
  await tip.waitFor({ state: "visible" });
  expect(await tip.textContent()).toMatch(/\d\d:\d\d UTC.*s.*TargetResponseTime/);
  await page.mouse.move(2, 2);
  await tip.waitFor({ state: "hidden" });
});

it("says the values to who has no pointer, and keeps the place when it refreshes", async () => {
  await putRecipeDashboard(cloud);
  await open();
  await page.selectOption("#every", "5");
  const chart = page.locator("svg.chart").nth(1);
  expect(await chart.getAttribute("aria-label")).toMatch(/^Load balancer; TargetResponseTime .* s/);
  await chart.focus();
  await page.keyboard.press("ArrowLeft");
  const tip = page.locator("#tip");
  await tip.waitFor({ state: "visible" });
  const last = await tip.locator("time").textContent();
  await page.keyboard.press("ArrowLeft");
  expect(await tip.locator("time").textContent()).not.toBe(last);
  const before = await page.locator(".when").textContent();
  await cloud.advance(60_000);
  await page.locator(".when", { hasNotText: before ?? "" }).waitFor();
  expect(await chart.evaluate((one) => one.matches(":focus"))).toBe(true);
  expect(await tip.isVisible()).toBe(true);
  await page.keyboard.press("Escape");
  await tip.waitFor({ state: "hidden" });
});

it("says that a dashboard is gone, and not that nobody answers", async () => {
  await putRecipeDashboard(cloud);
  await open();
  await page.selectOption("#every", "5");
  const watch = cloud.client(CloudWatchClient);
  await watch.send(new DeleteDashboardsCommand({ DashboardNames: [DASHBOARD] }));
  const when = page.locator(".when", { hasText: /^There|answer/ });
  expect(await when.textContent()).toContain(`There is no dashboard ${DASHBOARD}`);
  // The browser itself reports the status.
  troubles.splice(0);
});

it("fits a narrow screen, and draws charts as wide as their widgets", async () => {
  await putRecipeDashboard(cloud);
  await open();
  // A drawing that is higher than its place is made smaller, and stands in the middle.
  const shares = await page.locator("svg.chart").evaluateAll((charts) =>
    charts.map((chart) => {
      const base = chart.querySelector("line.base")?.getBoundingClientRect().width ?? 0;
      return base / chart.clientWidth;
    }),
  );
  expect(Math.min(...shares)).toBeGreaterThan(0.72);
  await page.setViewportSize({ width: 500, height: 900 });
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(500);
  const box = await page.locator(".widget[data-kind=alarms]").boundingBox();
  expect(box?.height).toBeLessThan(160);
});

it("refreshes by itself, and keeps the choice of light or dark", async () => {
  const watch = cloud.client(CloudWatchClient);
  const metrics = [["Shop", "Orders"]];
  const widget = {
    type: "metric",
    properties: { metrics, region: "us-east-1", view: "singleValue" },
  };
  const DashboardBody = JSON.stringify({ widgets: [widget] });
  await watch.send(new PutDashboardCommand({ DashboardName: DASHBOARD, DashboardBody }));
  await open();
  expect(await page.locator(".empty").textContent()).toContain(
    "nothing has published to the namespace Shop",
  );
  await page.selectOption("#every", "5");
  await watch.send(
    new PutMetricDataCommand({
      Namespace: "Shop",
      MetricData: [{ MetricName: "Orders", Value: 42, Timestamp: new Date(cloud.nowMs()) }],
    }),
  );
  await cloud.advance(60_000);
  await page.locator(".number b", { hasText: "42" }).waitFor();
  const ground = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
  const light = await ground();
  await page.click("#theme");
  expect(await ground()).not.toBe(light);
  await page.reload();
  expect(await ground()).not.toBe(light);
});
