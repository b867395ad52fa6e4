import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { startChromium } from "./chromium.ts";
import { DASHBOARD, recipeCloud } from "./recipe-002-cloud.ts";

// Protects the dashboard of the recipe 002 as a person sees it after real deployments: a service and a function that
// were deployed well, failed their hooks, and were stopped by their alarms; and every widget and line has data.

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser?.close());

it("shows what deployments of a service and a function did, in every widget", async () => {
  const at = await recipeCloud();
  onTestFinished(() => at.close());
  expect(await at.putDashboard()).toEqual([]);

  await at.minute();
  const [badService, badFunction] = [
    await at.deployService("data:3"),
    await at.deployFunction("3", "data"),
  ];
  expect((await at.end(badService)).errorInformation?.code).toBe("HOOK_EXECUTION_FAILURE");
  expect((await at.end(badFunction)).errorInformation?.code).toBe("HOOK_EXECUTION_FAILURE");
  await at.minute();

  const [service, api] = [await at.deployService("good:2"), await at.deployFunction("2")];
  for (let minutes = 0; minutes < 11; minutes++) await at.minute();
  expect((await at.end(service)).status).toBe("Succeeded");
  expect((await at.end(api)).status).toBe("Succeeded");

  const stopped = [await at.deployService("users:4"), await at.deployFunction("4", "users", "3")];
  for (let minutes = 0; minutes < 4; minutes++) await at.minute(60);
  for (const id of stopped) {
    const { status, errorInformation } = await at.end(id);
    expect([status, errorInformation?.code]).toEqual(["Stopped", "ALARM_ACTIVE"]);
  }
  await at.minute();

  const url = `${at.cloud.url}/_headgate/dashboards/${DASHBOARD}`;
  expect(emptyParts(await (await fetch(`${url}/data`)).text())).toEqual([]);

  const page = await browser.newPage({ viewport: { width: 1500, height: 1500 } });
  const troubles: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") troubles.push(message.text());
  });
  page.on("pageerror", (error) => troubles.push(String(error)));
  await page.goto(url);
  expect(await page.locator(".widget").count()).toBe(9);
  expect(await page.locator(".widget[data-empty=true]").allTextContents()).toEqual([]);
  expect(await page.locator(".notes").allTextContents()).toEqual([]);
  const charts = page.locator("svg.chart");
  expect(await charts.count()).toBe(7);
  const drawn = await charts.evaluateAll((all) =>
    all.map((svg) => svg.querySelectorAll("g.line").length),
  );
  expect(drawn).toEqual([1, 3, 2, 3, 2, 3, 4]);
  expect(await page.locator(".widget[data-kind=log] tbody tr").count()).toBeGreaterThan(5);
  const picture = process.env["HEADGATE_SCREENSHOT"];
  if (picture !== undefined) await page.screenshot({ path: picture, fullPage: true });
  await page.close();
  expect(troubles).toEqual([]);
}, 300_000);

interface DashboardData {
  readonly widgets: readonly {
    readonly title: string;
    readonly isEmpty: boolean;
    readonly content: {
      readonly lines?: readonly { readonly label: string; readonly points: readonly unknown[] }[];
      readonly alarms?: readonly { readonly name: string; readonly state?: string }[];
    };
  }[];
}

/** Widgets without anything, lines without points, and alarms that there are not. */
function emptyParts(json: string): string[] {
  const { widgets }: DashboardData = JSON.parse(json);
  const found: string[] = [];
  for (const { title, isEmpty, content } of widgets) {
    if (isEmpty) found.push(title);
    const { lines = [], alarms = [] } = content;
    for (const { label, points } of lines)
      if (points.length === 0) found.push(`${title}: ${label}`);
    for (const { name, state } of alarms) if (state === undefined) found.push(`${title}: ${name}`);
  }
  return found;
}
