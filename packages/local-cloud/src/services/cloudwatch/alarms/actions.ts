import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import {
  type Alarm,
  type AlarmState,
  type PendingActions,
  SERVICE,
  stateOf,
  type StateValue,
} from "../state.ts";
import { type ActionOutcome, addActionHistory } from "./history.ts";
import { lambdaEventOf } from "./lambda-event.ts";
import { messageOf, subjectOf } from "./sns-message.ts";

const ACTIONS_OF = {
  OK: "OKActions",
  ALARM: "AlarmActions",
  INSUFFICIENT_DATA: "InsufficientDataActions",
} as const satisfies Record<StateValue, keyof Alarm["config"]>;

/** Takes alarms' actions, and writes into their history what became of each. */
export interface ActionRunner {
  /**
   * Starts the actions for the state that the alarm is in now. Part of the transaction that changes the
   * state: what is stored there is taken, also after a kill -9, and then perhaps twice.
   */
  run(place: Place, alarm: Alarm, old: AlarmState): void;
  /** Goes on with what was pending when the cloud stopped. */
  resume(): void;
  /** Resolves when all that were started have ended. */
  settled(): Promise<void>;
  close(): void;
}

/** What changes of state are made with. */
export interface AlarmCloud extends Cloud {
  readonly actions: ActionRunner;
}

export function createActionRunner(cloud: Cloud): ActionRunner {
  const running = new Set<Promise<void>>();
  let isClosed = false;

  const take = async (place: Place, { id, alarm, old }: PendingActions) => {
    // The state changes inside a transaction; what it leads to runs outside it, and only if it was kept.
    await Promise.resolve();
    const { pendingActions } = stateOf(cloud, place);
    if (!pendingActions.has(id)) return;
    const message = messageOf(alarm, old, place);
    for (const arn of alarm.config[ACTIONS_OF[alarm.state.value]] ?? []) {
      const outcome = await act(cloud, place, { arn, alarm, old, message });
      if (isClosed) return;
      addActionHistory(cloud, place, alarm, { arn, message, outcome });
    }
    pendingActions.delete(id);
  };

  const start = (place: Place, pending: PendingActions) => {
    const run = take(place, pending)
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.stack : String(error);
        if (!isClosed)
          cloud.warn(`internal error in the actions of ${pending.alarm.arn}: ${reason}`);
      })
      .finally(() => running.delete(run));
    running.add(run);
  };

  return {
    run(place, alarm, old) {
      const actions = alarm.config[ACTIONS_OF[alarm.state.value]] ?? [];
      if (alarm.config.ActionsEnabled === false || actions.length === 0) return;
      const pending = { id: cloud.random.uuid(), alarm, old };
      stateOf(cloud, place).pendingActions.set(pending.id, pending);
      start(place, pending);
    },
    resume() {
      for (const { account, region } of cloud.store.scopes(SERVICE)) {
        const { pendingActions } = stateOf(cloud, { account, region });
        for (const pending of pendingActions.values()) start({ account, region }, pending);
      }
    },
    async settled() {
      while (running.size > 0) await Promise.all(running);
    },
    close() {
      isClosed = true;
    },
  };
}

interface Action {
  readonly arn: string;
  readonly alarm: Alarm;
  readonly old: AlarmState;
  readonly message: string;
}

async function act(cloud: Cloud, place: Place, action: Action): Promise<ActionOutcome> {
  const service = action.arn.split(":")[2];
  switch (service) {
    case "sns":
      return publish(cloud, place, action);
    case "lambda":
      return invoke(cloud, place, action);
    default:
      return { kind: "failed", error: `The local cloud takes no actions of ${service}.` };
  }
}

async function publish(
  cloud: Cloud,
  place: Place,
  { arn, alarm, message }: Action,
): Promise<ActionOutcome> {
  const topics = await cloud.port("topics");
  const result = await topics.publish({
    topicArn: arn,
    subject: subjectOf(alarm, place),
    message,
    publisher: { service: "cloudwatch.amazonaws.com", account: place.account, arn: alarm.arn },
  });
  return result.kind === "published"
    ? { kind: "succeeded" }
    : { kind: "failed", error: result.message };
}

/** The function's own policy must let CloudWatch in. Source: AWS docs, "Invoke a Lambda function from an alarm". */
async function invoke(
  cloud: Cloud,
  place: Place,
  { arn, alarm, old }: Action,
): Promise<ActionOutcome> {
  const functions = await cloud.port("functions");
  const event = lambdaEventOf(alarm, old, place, () => cloud.random.uuid());
  const result = await functions.invoke({
    account: place.account,
    region: place.region,
    functionName: arn,
    payload: Buffer.from(JSON.stringify(event)),
    invocationType: "Event",
    source: { principal: "lambda.alarms.cloudwatch.amazonaws.com", arn: alarm.arn },
  });
  if (result.kind !== "refused") return { kind: "succeeded" };
  // Unverified: the text of a refusal.
  const error =
    result.code === "AccessDeniedException"
      ? `CloudWatch Alarms is not authorized to perform: lambda:InvokeFunction on the resource: ${arn} because no resource-based policy allows the lambda:InvokeFunction action`
      : result.message;
  return { kind: "failed", error };
}
