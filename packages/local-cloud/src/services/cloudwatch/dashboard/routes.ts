import type { DashboardPages, PageAnswer } from "../../../data-plane/ports/dashboards.ts";
import { parseJsonObject } from "../../../json-object.ts";
import type { Cloud } from "../../../service.ts";
import { type Dashboard, dashboardsOf } from "../state.ts";
import { viewDashboard } from "./dashboard-view.ts";
import { textIn } from "./members.ts";
import { dashboardPage, listPage, missingPage, PAGE_HEADERS } from "./page/page.ts";
import { isEmpty } from "./page/widget.ts";

const MINUTE_MS = 60_000;

/** The ranges of time that a page offers. */
const RANGES_MS: Readonly<Record<string, number>> = {
  "15m": 15 * MINUTE_MS,
  "1h": 60 * MINUTE_MS,
  "3h": 180 * MINUTE_MS,
  "12h": 720 * MINUTE_MS,
  "1d": 1440 * MINUTE_MS,
  "1w": 10_080 * MINUTE_MS,
};
const RANGE = "3h";

const DATA_HEADERS = {
  "content-type": "application/json",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};

/** The list of dashboards, a dashboard as a page, and what the page shows as JSON. */
export function createDashboardPages(cloud: Cloud): DashboardPages {
  return {
    async answer({ account, path, query }) {
      const dashboards = dashboardsOf(cloud, account);
      const [, encoded = "", data, ...more] = path.split("/");
      const name = decoded(encoded);
      if (name === "" && data === undefined) return listAnswer(cloud, account, query);
      const dashboard = dashboards.get(name);
      const isData = data === "data" && more.length === 0;
      if (dashboard === undefined || (data !== undefined && !isData)) {
        return isData ? noData(name) : page(404, missingPage(name));
      }
      const range = rangeOf(dashboard, query);
      const endMs = cloud.clock.nowMs();
      const startMs = endMs - (RANGES_MS[range] ?? 0);
      const look = { account, region: cloud.options.region, startMs, endMs };
      const view = await viewDashboard(cloud, dashboard, look);
      if (isData) {
        const widgets = view.widgets.map((one) => ({ ...one, isEmpty: isEmpty(one.content) }));
        return json(200, { ...view, widgets });
      }
      const given = query.get("account") ?? undefined;
      return page(
        200,
        dashboardPage(view, { range, ranges: Object.keys(RANGES_MS), account: given }),
      );
    },
  };
}

function listAnswer(cloud: Cloud, account: string, query: URLSearchParams): PageAnswer {
  const sorted = [...dashboardsOf(cloud, account).values()].toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  const links = query.has("account") ? `?${new URLSearchParams({ account }).toString()}` : "";
  return page(200, listPage(sorted, { account, links }));
}

/** What was asked for; or what the dashboard starts with ("-PT1H"), when that is one of the ranges. */
function rangeOf({ body }: Dashboard, query: URLSearchParams): string {
  const asked = query.get("range") ?? "";
  if (Object.hasOwn(RANGES_MS, asked)) return asked;
  const start = textIn(parseJsonObject(body) ?? {}, "start") ?? "";
  const own = /^-P(?:T(\d+[MH])|(\d+[DW]))$/.exec(start);
  const wanted = (own?.[1] ?? own?.[2] ?? "").toLowerCase();
  return Object.hasOwn(RANGES_MS, wanted) ? wanted : RANGE;
}

/** A name that cannot be decoded is no dashboard's. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function page(status: number, body: string): PageAnswer {
  return { status, headers: PAGE_HEADERS, body };
}

function json(status: number, body: unknown): PageAnswer {
  return { status, headers: DATA_HEADERS, body: `${JSON.stringify(body)}\n` };
}

function noData(name: string): PageAnswer {
  return json(404, { message: `There is no dashboard ${name}.` });
}
