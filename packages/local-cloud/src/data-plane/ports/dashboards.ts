import type { Place } from "../../telemetry/metric-sink.ts";

/** Dashboards as pages, for the cloud's own routes. */
export interface DashboardPages {
  /**
   * Answers a GET below /_headgate/dashboards.
   * @param request.path what follows "/_headgate/dashboards": "", "/NAME", "/NAME/data".
   */
  answer(request: {
    readonly account: string;
    readonly path: string;
    readonly query: URLSearchParams;
  }): Promise<PageAnswer>;
}

export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Logs Insights, for services that show what logs say. */
export interface LogQueryPort {
  /** Runs a query to its end. What is wrong with it is told as `refused`, in AWS's words. */
  run(
    place: Place,
    query: {
      readonly groups: readonly string[];
      /** Without SOURCE. */
      readonly text: string;
      readonly fromMs: number;
      readonly toMs: number;
      readonly limit: number;
    },
  ): Promise<LogQueryOutcome>;
}

export type LogQueryOutcome =
  | {
      readonly kind: "complete";
      /** Fields of each result in the query's order. */
      readonly rows: readonly (readonly { readonly field: string; readonly value: string }[])[];
      readonly recordsScanned: number;
      /** Of the groups that were asked for, those that are not there. */
      readonly missingGroups: readonly string[];
    }
  | { readonly kind: "refused"; readonly message: string };
