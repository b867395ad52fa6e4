import type { CloudEventOf } from "../../../bus.ts";
import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import type { PlaceState } from "../state.ts";
import type { Book, Underway } from "./book.ts";

/** The alarms of deployments: any of them in ALARM makes a deployment fail. */
export interface AlarmWatch {
  /**
   * Begins to watch, unless one is in ALARM already: then none is watched during the whole deployment.
   * Source: aws/copilot-cli, docs of `rollback_alarms`. Unverified: that the status is DISABLED then.
   */
  begin(at: Underway): Promise<void>;
  /** Asks each alarm, for what happened while nobody listened. */
  ask(at: Underway): Promise<void>;
  close(): void;
}

export function createAlarmWatch(parts: {
  readonly cloud: Cloud;
  readonly book: Book;
  in(place: Place): PlaceState;
  wake(state: PlaceState, arn: string): void;
}): AlarmWatch {
  const { cloud, book, wake } = parts;

  const inAlarm = async (at: Underway, names: readonly string[]): Promise<readonly string[]> => {
    if (names.length === 0) return [];
    const alarms = await cloud.port("alarms");
    return names.filter(
      (alarmName) => alarms.find({ ...at.state.place, alarmName })?.state === "ALARM",
    );
  };
  const trigger = (at: Underway, names: readonly string[]) => {
    const { status } = at.row.alarms;
    if (names.length === 0 || status !== "MONITORING") return;
    book.change(at, { row: { alarms: { status: "TRIGGERED", triggered: names } } });
    wake(at.state, at.row.arn);
  };
  const hear = async (event: CloudEventOf<"alarmStateChanged">) => {
    const state = parts.in(event);
    for (const at of book.all(state)) {
      if (at.row.alarms.status !== "MONITORING" || !namesOf(at).includes(event.alarmName)) continue;
      const raised = await inAlarm(at, [event.alarmName]);
      const now = book.open(state, at.row.arn);
      if (now !== undefined) trigger(now, raised);
    }
  };
  const stop = cloud.bus.subscribe("alarmStateChanged", hear);

  return {
    async begin(at) {
      const names = namesOf(at);
      const raised = await inAlarm(at, names);
      const status = names.length === 0 || raised.length > 0 ? "DISABLED" : "MONITORING";
      book.change(at, { row: { alarms: { status, triggered: [] } } });
    },
    async ask(at) {
      if (at.row.alarms.status !== "MONITORING") return;
      const raised = await inAlarm(at, namesOf(at));
      const now = book.open(at.state, at.row.arn);
      if (now !== undefined) trigger(now, raised);
    },
    close: stop,
  };
}

/** Those that are to be watched. */
function namesOf({ row }: Underway): readonly string[] {
  const { enable = false, alarmNames = [] } = row.configuration.alarms ?? {};
  return enable ? alarmNames : [];
}
