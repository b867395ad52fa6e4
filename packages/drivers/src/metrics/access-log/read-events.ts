import { type MetricWindow, RolloutError } from "@headgate/core";
import { isNotFound } from "../../aws/errors.ts";
import type { CloudWatchAccess } from "../metric-pages.ts";

export interface LogEvent {
  readonly atMs: number;
  readonly line: string;
}

export interface EventsRead {
  readonly events: readonly LogEvent[];
  /** False when there were more pages than allowed: the events are then the oldest of the window. */
  readonly isWhole: boolean;
}

/** For all pages of one reading. The controller waits 15 s for a measurement. */
const READ_MS = 12_000;

/**
 * The lines of a log group in a window, oldest first. FilterLogEvents costs nothing beside what the log itself
 * costs, where Logs Insights charges for every byte scanned and takes seconds; a page has at most 1 MB or 10,000
 * lines. Source: AWS docs, API_FilterLogEvents; CloudWatch pricing.
 * @throws {RolloutError} AWS_*, METRICS_UNREADABLE. A log group that is not there yet has no events.
 */
export async function readEvents(
  { clients, run, clock }: CloudWatchAccess,
  logGroupName: string,
  { fromMs, toMs }: MetricWindow,
  mostPages: number,
): Promise<EventsRead> {
  const logs = await clients.cloudWatchLogs();
  const request = { action: "logs:FilterLogEvents", subject: `log group ${logGroupName}` };
  const endMs = clock.nowMs() + READ_MS;
  const events: LogEvent[] = [];
  let nextToken: string | undefined;
  for (let page = 1; page <= mostPages; page++) {
    // The end is inclusive here.
    const input = { logGroupName, startTime: fromMs, endTime: toMs - 1, nextToken };
    try {
      const answer = await run(
        request,
        (abortSignal) => logs.filterLogEvents(input, { abortSignal }),
        { deadlineMs: endMs - clock.nowMs() },
      );
      for (const { timestamp, message } of answer.events ?? []) {
        if (timestamp !== undefined && message !== undefined) {
          events.push({ atMs: timestamp, line: message });
        }
      }
      if (answer.nextToken !== undefined && answer.nextToken === nextToken) {
        throw new RolloutError(
          "METRICS_UNREADABLE",
          `log group ${logGroupName} gave the same page again`,
          {
            hint: "Try again.",
          },
        );
      }
      nextToken = answer.nextToken;
    } catch (error) {
      if (isNotFound(error)) return { events: [], isWhole: true };
      throw error;
    }
    if (nextToken === undefined) return { events, isWhole: true };
  }
  return { events, isWhole: false };
}
