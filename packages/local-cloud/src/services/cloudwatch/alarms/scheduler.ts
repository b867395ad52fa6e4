import { AwsError } from "../../../aws-error.ts";
import type { Scheduled } from "../../../clock.ts";
import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { floorTo } from "../periods.ts";
import { type MetricAlarmRow, SERVICE, stateOf } from "../state.ts";
import type { AlarmCloud } from "./actions.ts";
import { EVALUATION_DELAY_MS, evaluateAlarm, tickMs } from "./evaluation.ts";
import { type Evaluation, reasonData, reasonText } from "./reason.ts";
import { endWaits, setAlarmState } from "./transitions.ts";

/**
 * Evaluates all alarms of all accounts and regions: one timer for the next boundary that any alarm
 * needs, not one for each alarm.
 */
export class AlarmScheduler {
  readonly #cloud: AlarmCloud;
  /** By tick: the last boundary that was evaluated. */
  readonly #evaluated = new Map<number, number>();
  #timer: Scheduled | undefined;
  #atMs = Infinity;

  constructor(cloud: AlarmCloud) {
    this.#cloud = cloud;
  }

  /** Sets the timer for what is due next. Called when alarms have changed. */
  arm(): void {
    const nextMs = this.#nextMs();
    if (nextMs === this.#atMs && this.#timer !== undefined) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#atMs = nextMs;
    if (nextMs === Infinity) return;
    this.#timer = this.#cloud.clock.schedule(nextMs, () => this.#run());
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Ends when the actions have: who moves a virtual clock finds them taken. */
  async #run(): Promise<void> {
    this.#timer = undefined;
    this.#atMs = Infinity;
    try {
      for (const place of this.#places()) this.#evaluate(place);
      const nowMs = this.#cloud.clock.nowMs();
      for (const tick of this.#ticks()) this.#evaluated.set(tick, boundary(nowMs, tick));
    } finally {
      this.arm();
    }
    await this.#cloud.actions.settled();
  }

  #evaluate(place: Place): void {
    const nowMs = this.#cloud.clock.nowMs();
    for (const alarm of stateOf(this.#cloud, place).alarms.values()) {
      if (alarm.kind !== "MetricAlarm") continue;
      const tick = tickMs(alarm.config);
      if (boundary(nowMs, tick) > (this.#evaluated.get(tick) ?? -Infinity)) {
        evaluateNow(this.#cloud, place, alarm);
      }
    }
    endWaits(this.#cloud, place);
  }

  #nextMs(): number {
    const nowMs = this.#cloud.clock.nowMs();
    const boundaries = [...this.#ticks()].map(
      (tick) => boundary(nowMs, tick) + tick + EVALUATION_DELAY_MS,
    );
    return Math.min(...boundaries, ...this.#waits());
  }

  #ticks(): ReadonlySet<number> {
    const ticks = new Set<number>();
    for (const place of this.#places()) {
      for (const alarm of stateOf(this.#cloud, place).alarms.values()) {
        if (alarm.kind === "MetricAlarm") ticks.add(tickMs(alarm.config));
      }
    }
    return ticks;
  }

  *#waits(): Iterable<number> {
    for (const place of this.#places()) {
      for (const alarm of stateOf(this.#cloud, place).alarms.values()) {
        const waiting = alarm.kind === "CompositeAlarm" ? alarm.suppression : undefined;
        if (waiting?.untilMs !== undefined) yield waiting.untilMs;
      }
    }
  }

  #places(): Place[] {
    return this.#cloud.store.scopes(SERVICE).filter(({ region }) => region !== "aws-global");
  }
}

function boundary(nowMs: number, tick: number): number {
  return floorTo(nowMs - EVALUATION_DELAY_MS, tick);
}

/** Evaluates one alarm and gives it the state that its metric calls for. */
function evaluateNow(cloud: AlarmCloud, place: Place, alarm: MetricAlarmRow): void {
  const evaluation = evaluated(cloud, place, alarm);
  if (evaluation === undefined || evaluation.state === alarm.state.value) return;
  setAlarmState(cloud, place, alarm, {
    value: evaluation.state,
    reason: reasonText(evaluation),
    reasonData: reasonData(evaluation, alarm.config, cloud.clock.nowMs()),
  });
}

function evaluated(cloud: Cloud, place: Place, alarm: MetricAlarmRow): Evaluation | undefined {
  try {
    const nowMs = cloud.clock.nowMs();
    return evaluateAlarm(alarm.config, { metrics: cloud.metrics, place, nowMs });
  } catch (error) {
    // An expression can fail on data that was not there when the alarm was made.
    if (!(error instanceof AwsError)) throw error;
    cloud.warn(`alarm ${alarm.arn} cannot be evaluated: ${error.message}`);
    return undefined;
  }
}
