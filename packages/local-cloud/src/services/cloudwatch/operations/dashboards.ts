import type { Cloud } from "../../../service.ts";
import { pageOf } from "../../paging.ts";
import { checkDashboardBody } from "../dashboard-body.ts";
import { dashboardNotFound, invalidNextToken, invalidParameterValue } from "../errors.ts";
import { LIST_DASHBOARDS_PAGE } from "../limits.ts";
import type { CloudWatchHandlers } from "../sdk.ts";
import { type Dashboard, dashboardsOf } from "../state.ts";

const NAME = /^[A-Za-z0-9_-]{1,255}$/;

/** Dashboards: stored and checked; drawing them is the console's work. */
export function dashboardOperations(cloud: Cloud) {
  return {
    PutDashboard({ DashboardName: name = "", DashboardBody: body = "" }, { account }) {
      if (!NAME.test(name)) {
        // The line end is AWS's own. Source: LocalStack snapshot test_invalid_dashboard_name.
        throw invalidParameterValue(
          "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).\n",
        );
      }
      const warnings = checkDashboardBody(body);
      const dashboard = { name, body, modifiedAtMs: cloud.clock.nowMs() };
      dashboardsOf(cloud, account).set(name, dashboard);
      return { DashboardValidationMessages: warnings };
    },

    GetDashboard({ DashboardName: name = "" }, { account }) {
      const dashboard = dashboardsOf(cloud, account).get(name);
      if (dashboard === undefined) throw dashboardNotFound(`Dashboard ${name} does not exist`);
      return {
        DashboardName: name,
        DashboardArn: dashboardArn(account, name),
        DashboardBody: dashboard.body,
      };
    },

    ListDashboards({ DashboardNamePrefix = "", NextToken }, { account }) {
      const matching = [...dashboardsOf(cloud, account).values()]
        .filter(({ name }) => name.startsWith(DashboardNamePrefix))
        .sort((left, right) => (left.name < right.name ? -1 : 1));
      const page = pageOf(matching, {
        keyOf: ({ name }) => name,
        token: NextToken,
        limit: LIST_DASHBOARDS_PAGE,
        badToken: invalidNextToken,
      });
      return {
        DashboardEntries: page.items.map((dashboard) => entryOf(dashboard, account)),
        NextToken: page.nextToken,
      };
    },

    DeleteDashboards({ DashboardNames = [] }, { account }) {
      const dashboards = dashboardsOf(cloud, account);
      const unknown = DashboardNames.filter((name) => !dashboards.has(name));
      if (unknown.length > 0) {
        throw dashboardNotFound(`The specified dashboard does not exist. [${unknown.join(", ")}]`);
      }
      cloud.store.transaction(() => {
        for (const name of DashboardNames) dashboards.delete(name);
      });
      return {};
    },
  } satisfies CloudWatchHandlers;
}

function entryOf({ name, body, modifiedAtMs }: Dashboard, account: string) {
  return {
    DashboardName: name,
    DashboardArn: dashboardArn(account, name),
    LastModified: new Date(modifiedAtMs),
    Size: Buffer.byteLength(body),
  };
}

function dashboardArn(account: string, name: string): string {
  return `arn:aws:cloudwatch::${account}:dashboard/${name}`;
}
