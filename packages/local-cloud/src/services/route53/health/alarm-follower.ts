import type { HealthCheckConfig } from "@aws-sdk/client-route-53";
import type { Alarms, AlarmView } from "../../../data-plane/ports.ts";
import type { Cloud } from "../../../service.ts";
import { kindOf } from "./health-checks.ts";
import type { Route53 } from "../state.ts";

/**
 * What CloudWatch's alarms say of the checks that follow them. AWS looks at the data behind the alarm, so that
 * SetAlarmState has no effect there; here the alarm's state is what counts.
 */
export class AlarmFollower {
  readonly #cloud: Cloud;
  #alarms: Alarms | undefined;
  /** The last status that was not for want of data, by account and check. */
  readonly #known = new Map<string, boolean>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** Loads CloudWatch. To be awaited before the first check that follows an alarm is kept. */
  async open(): Promise<void> {
    this.#alarms = await this.#cloud.port("alarms");
  }

  find(account: string, config: HealthCheckConfig): AlarmView | undefined {
    const { Region: region = "", Name: alarmName = "" } = config.AlarmIdentifier ?? {};
    return this.#alarms?.find({ account, region, alarmName });
  }

  isHealthy(account: string, checkId: string, config: HealthCheckConfig): boolean {
    const key = `${account}/${checkId}`;
    const state = this.find(account, config)?.state ?? "INSUFFICIENT_DATA";
    if (state !== "INSUFFICIENT_DATA") {
      this.#known.set(key, state === "OK");
      return state === "OK";
    }
    if (config.InsufficientDataHealthStatus === "Unhealthy") return false;
    if (config.InsufficientDataHealthStatus === "Healthy") return true;
    // LastKnownStatus, also the default; without a last one it is healthy. Source: the model's documentation.
    return this.#known.get(key) ?? true;
  }

  /** Remembers what the alarms say at each change, so that the last known status is. */
  listen(route53: Route53): () => void {
    return this.#cloud.bus.subscribe("alarmStateChanged", ({ account, region, alarmName }) => {
      for (const { id, config } of route53.in(account).healthChecks.values()) {
        const { Region, Name } = config.AlarmIdentifier ?? {};
        if (kindOf(config) !== "alarm" || Region !== region || Name !== alarmName) continue;
        this.isHealthy(account, id, config);
      }
    });
  }
}
