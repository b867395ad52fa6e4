import { virtualClock, type VirtualClock } from "../../src/clock.ts";
import { type CloudCore, type CloudParts, createCloud } from "../../src/cloud.ts";
import { seededRandom } from "../../src/random.ts";
import type { RequestContext } from "../../src/service.ts";
import type { ServiceName } from "../../src/services/registry.ts";
import { openStore } from "../../src/storage/sqlite-store.ts";

/** A cloud without its HTTP server: for ports, the bus, and time that a test moves. */
export interface ServerlessCloud {
  readonly core: CloudCore;
  readonly clock: VirtualClock;
  readonly warnings: readonly string[];
  /** Calls an operation as the server would. */
  call(service: ServiceName, operation: string, input: object): Promise<unknown>;
}

export const PLACE = { account: "000000000000", region: "us-east-1" };

export function serverlessCloud(
  startMs = Date.UTC(2026, 10, 21),
  options: Pick<CloudParts, "taskRuntime" | "enforcesIam"> = {},
): ServerlessCloud {
  const warnings: string[] = [];
  const clock = virtualClock(startMs, (error) => {
    throw error;
  });
  const core = createCloud({
    ...PLACE,
    clock,
    random: seededRandom(1),
    store: openStore(undefined),
    endpointUrl: () => "http://127.0.0.1:1",
    warn: (message) => void warnings.push(message),
    ...options,
  });
  return {
    core,
    clock,
    warnings,
    async call(service, operation, input) {
      const { handlers } = await core.service(service);
      const context: RequestContext = {
        ...PLACE,
        operation,
        requestId: core.cloud.random.uuid(),
        caller: {
          accessKeyId: "test",
          arn: `arn:aws:iam::${PLACE.account}:root`,
          userId: PLACE.account,
        },
        signal: AbortSignal.any([]),
      };
      const handler = handlers[operation];
      if (handler === undefined) throw new Error(`${service} has no ${operation}`);
      return handler(input, context);
    },
  };
}
