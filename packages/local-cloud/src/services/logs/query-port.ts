import { AwsError } from "../../aws-error.ts";
import type { LogQueryPort } from "../../data-plane/ports/dashboards.ts";
import type { Cloud } from "../../service.ts";
import { QueryRun } from "./insights/query-run.ts";

/** Queries for other services: run at once, and not listed among those that users started. */
export function createLogQueryPort({ logs }: Pick<Cloud, "logs">): LogQueryPort {
  return {
    async run(place, query) {
      const groups = query.groups.filter((name) => logs.group(place, name) !== undefined);
      const missingGroups = query.groups.filter((name) => !groups.includes(name));
      try {
        const run = new QueryRun(logs, { place, ...query, groups });
        await run.run();
        // The pointer is for GetLogRecord, not for people.
        const rows = run.results.map((fields) => fields.filter(({ field }) => field !== "@ptr"));
        return { kind: "complete", rows, recordsScanned: run.recordsScanned, missingGroups };
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        return { kind: "refused", message: error.message };
      }
    },
  };
}
