import {
  DeleteDashboardsCommand,
  GetDashboardCommand,
  ListDashboardsCommand,
  PutDashboardCommand,
} from "@aws-sdk/client-cloudwatch";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { START_MS, startWatchedCloud, type WatchedCloud } from "./support.ts";

// Protects dashboards: warnings save, faults save nothing, and every fault is named with its place.

let cloud: WatchedCloud;
beforeEach(async () => {
  cloud = await startWatchedCloud();
});
afterEach(() => cloud.close());

const WIDGET = {
  type: "metric",
  x: 0,
  y: 0,
  width: 6,
  height: 6,
  properties: { metrics: [["AWS/Lambda", "Errors"]], region: "us-east-1" },
};

function put(DashboardName: string, body: unknown) {
  const DashboardBody = typeof body === "string" ? body : JSON.stringify(body);
  return cloud.watch.send(new PutDashboardCommand({ DashboardName, DashboardBody }));
}

describe("dashboards", () => {
  it("are kept as they were put, listed and deleted", async () => {
    const body = JSON.stringify({ widgets: [WIDGET] });
    const saved = await put("shop-live", body);
    expect(saved.DashboardValidationMessages).toEqual([]);
    await put("other", body);
    const DashboardArn = "arn:aws:cloudwatch::000000000000:dashboard/shop-live";
    const found = await cloud.watch.send(new GetDashboardCommand({ DashboardName: "shop-live" }));
    expect(found).toMatchObject({ DashboardArn, DashboardBody: body, DashboardName: "shop-live" });
    const list = async (DashboardNamePrefix?: string) =>
      (await cloud.watch.send(new ListDashboardsCommand({ DashboardNamePrefix }))).DashboardEntries;
    expect(await list("shop")).toEqual([
      {
        DashboardArn,
        DashboardName: "shop-live",
        LastModified: new Date(START_MS),
        Size: body.length,
      },
    ]);
    const remove = (...DashboardNames: string[]) =>
      cloud.watch.send(new DeleteDashboardsCommand({ DashboardNames }));
    await expect(remove("other", "none")).rejects.toThrow(
      "The specified dashboard does not exist. [none]",
    );
    expect(await list()).toHaveLength(2);
    await remove("other", "shop-live");
    expect(await list()).toEqual([]);
    await expect(
      cloud.watch.send(new GetDashboardCommand({ DashboardName: "other" })),
    ).rejects.toMatchObject({
      message: "Dashboard other does not exist",
      $metadata: { httpStatusCode: 404 },
    });
  });

  it("are saved with warnings", async () => {
    const saved = await put("shop", { widgets: [{ ...WIDGET, type: "metricc" }] });
    expect(saved.DashboardValidationMessages).toEqual([
      { DataPath: "/widgets/0/type", Message: "Should be equal to one of the allowed values" },
    ]);
    await cloud.watch.send(new GetDashboardCommand({ DashboardName: "shop" }));
    const properties = { ...WIDGET.properties, view: "lines" };
    const again = await put("shop", { widgets: [{ ...WIDGET, properties }] });
    expect(again.DashboardValidationMessages).toMatchObject([
      { DataPath: "/widgets/0/properties/view" },
    ]);
  });

  it("refuse names that cannot stand in an ARN", async () => {
    await expect(put("my board", { widgets: [] })).rejects.toThrow(
      "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).\n",
    );
  });

  // prettier-ignore
  it.each<[string, unknown, string, string]>([
    ["a body that is no JSON", "{", "", "The field DashboardBody must be a valid JSON object"],
    ["a body without widgets", {}, "", "Should have required property 'widgets'"],
    ["widgets that are no list", { widgets: {} }, "/widgets", "Should be array"],
    ["a widget without properties", { widgets: [{ type: "metric" }] }, "/widgets/0", "Should have required property 'properties'"],
    ["a widget off the grid", { widgets: [{ ...WIDGET, x: 24 }] }, "/widgets/0/x", "Should be <= 23"],
    ["a negative position", { widgets: [WIDGET, { ...WIDGET, y: -1 }] }, "/widgets/1/y", "Should be >= 0"],
    ["a metric widget without a region", { widgets: [{ ...WIDGET, properties: { metrics: [] } }] }, "/widgets/0/properties", "The metric widget should have specified a region and a data source or an alarm annotation"],
    ["a period of 45", { widgets: [{ ...WIDGET, properties: { ...WIDGET.properties, period: 45 } }] }, "/widgets/0/properties/period", "Should be multiple of 60"],
    ["text without text", { widgets: [{ type: "text", properties: {} }] }, "/widgets/0/properties", "Should have required property 'markdown'"],
    ["a metric that is no list", { widgets: [{ ...WIDGET, properties: { ...WIDGET.properties, metrics: [["A", "b"], "c"] } }] }, "/widgets/0/properties/metrics/1", "Should be array"],
    ["a log widget without a query", { widgets: [{ type: "log", properties: { region: "us-east-1" } }] }, "/widgets/0/properties", "Should have required property 'query'"],
    ["501 widgets", { widgets: Array.from({ length: 501 }, () => WIDGET) }, "/widgets", "Should NOT have more than 500 items"],
  ])("refuse %s and save nothing", async (_what, body, DataPath, Message) => {
    await expect(put("shop", body)).rejects.toMatchObject({
      message: expect.stringContaining("The dashboard body is invalid, there are 1 validation errors") as string,
      dashboardValidationMessages: [{ DataPath, Message }],
      $metadata: { httpStatusCode: 400 },
    });
    const { DashboardEntries } = await cloud.watch.send(new ListDashboardsCommand({}));
    expect(DashboardEntries).toEqual([]);
  });
});
