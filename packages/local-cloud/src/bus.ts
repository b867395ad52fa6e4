/**
 * Effects that cross services without the services knowing each other. A closed union: a new kind
 * of event is added here, with who sends it and who listens.
 */
export type CloudEvent =
  /** From monitoring to whoever follows an alarm, also when it is deleted; its state is asked for through the port `alarms`. */
  | {
      readonly kind: "alarmStateChanged";
      readonly account: string;
      readonly region: string;
      readonly alarmName: string;
    }
  /**
   * From a service to EventBridge's default bus: what has changed, in AWS's own shape. The bus makes id, time and
   * version of it.
   */
  | {
      readonly kind: "stateChanged";
      readonly account: string;
      readonly region: string;
      /** "aws.ecs" */
      readonly source: string;
      /** "ECS Deployment State Change" */
      readonly detailType: string;
      /** ARNs. */
      readonly resources: readonly string[];
      /** A JSON object. */
      readonly detail: Readonly<Record<string, unknown>>;
    }
  /** To sns, from services that do not wait for the outcome; who does asks the port `topics`. */
  | {
      readonly kind: "topicPublish";
      readonly account: string;
      readonly region: string;
      readonly topicArn: string;
      readonly message: string;
      readonly attributes: Readonly<Record<string, string>>;
    };

export type CloudEventOf<Kind extends CloudEvent["kind"]> = Extract<CloudEvent, { kind: Kind }>;

export interface Bus {
  publish(event: CloudEvent): void;
  /** Calls `listener` for each event of `kind`, in order of publication. Returns the way to stop. */
  subscribe<Kind extends CloudEvent["kind"]>(
    kind: Kind,
    listener: (event: CloudEventOf<Kind>) => void | Promise<void>,
  ): () => void;
}

/** `onError` hears what a listener threw; one failing listener never stops the others. */
export function createBus(onError: (error: unknown) => void): Bus {
  const listeners = new Map<string, Set<(event: never) => void | Promise<void>>>();
  const deliver = async (listener: (event: never) => void | Promise<void>, event: CloudEvent) => {
    try {
      await listener(event as never);
    } catch (error) {
      onError(error);
    }
  };
  return {
    publish(event) {
      for (const listener of listeners.get(event.kind) ?? []) void deliver(listener, event);
    },
    subscribe(kind, listener) {
      const set = listeners.get(kind) ?? new Set();
      listeners.set(kind, set);
      set.add(listener);
      return () => void set.delete(listener);
    },
  };
}
