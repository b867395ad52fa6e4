import { parseJsonObject } from "../../../json-object.ts";
import { newEvent } from "../delivery/event.ts";
import { validation } from "../errors.ts";
import { ENTRIES_BYTES } from "../limits.ts";
import type { EventsParts } from "../parts.ts";
import { matchesPattern, parsePattern } from "../pattern/pattern.ts";
import type { EventsHandlers, EventsInput } from "../sdk.ts";
import { busNameOf } from "../state.ts";

type Entry = NonNullable<EventsInput<"PutEvents">["Entries"]>[number];

/** Events of users' own. */
export function eventOperations({ cloud, router }: EventsParts) {
  return {
    PutEvents(input, context) {
      const entries = input.Entries ?? [];
      const bytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
      if (bytes > ENTRIES_BYTES) {
        throw validation("Total size of the entries in the request is over the limit.");
      }
      const Entries = entries.map((entry) => {
        const refusal = refusalOf(entry);
        if (refusal !== undefined) return refusal;
        const event = newEvent(cloud, context, {
          source: entry.Source ?? "",
          detailType: entry.DetailType ?? "",
          atMs: entry.Time?.getTime() ?? cloud.clock.nowMs(),
          resources: entry.Resources ?? [],
          detail: parseJsonObject(entry.Detail ?? "") ?? {},
        });
        const busName = busNameOf(entry.EventBusName);
        // An event for a bus that is not there is taken, and lost. Source: test_put_events_nonexistent_event_bus.
        router.route(context, busName, event);
        return { EventId: event.id };
      });
      return { Entries, FailedEntryCount: Entries.filter((one) => "ErrorCode" in one).length };
    },

    TestEventPattern(input) {
      const pattern = parsePattern(input.EventPattern ?? "");
      const event = parseJsonObject(input.Event ?? "");
      if (event === undefined || !hasEveryField(event)) {
        throw validation("Parameter Event is not valid.");
      }
      return { Result: matchesPattern(pattern, event) };
    },
  } satisfies EventsHandlers;
}

/** Source: recorded AWS answers (LocalStack snapshot test_events_patterns), which take events without resources. */
const REQUIRED = ["id", "account", "source", "time", "region", "detail-type"];

function hasEveryField(event: object): boolean {
  return REQUIRED.every((name) => name in event);
}

/** In AWS's order. */
function refusalOf(entry: Entry): { ErrorCode: string; ErrorMessage: string } | undefined {
  for (const name of ["Source", "DetailType", "Detail"] as const) {
    if (entry[name] !== undefined && entry[name] !== "") continue;
    const ErrorMessage = `Parameter ${name} is not valid. Reason: ${name} is a required argument.`;
    return { ErrorCode: "InvalidArgument", ErrorMessage };
  }
  if (entry.Source?.startsWith("aws.") === true) {
    return {
      ErrorCode: "NotAuthorizedForSourceException",
      ErrorMessage: "Not authorized for the source.",
    };
  }
  if (parseJsonObject(entry.Detail ?? "") === undefined) {
    return { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
  }
  return undefined;
}

/** Source: EventBridge user guide, "Calculating PutEvents event entry size". */
function entryBytes(entry: Entry): number {
  const texts = [entry.Source, entry.DetailType, entry.Detail, ...(entry.Resources ?? [])];
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ""), 0);
  return bytes + (entry.Time === undefined ? 0 : 14);
}
