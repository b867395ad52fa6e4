import type { Cloud } from "../../service.ts";
import type { LogSink } from "../../telemetry/log-sink.ts";

/** What function workers need of the cloud. */
export interface WorkerCloud extends Pick<
  Cloud,
  "clock" | "random" | "store" | "identities" | "options" | "endpointUrl"
> {
  readonly logs: LogSink;
}
