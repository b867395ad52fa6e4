import { type OnTaskError, realClock, type VirtualClock, virtualClock } from "./clock.ts";
import type { Store } from "./storage/store.ts";

const SCOPE = { account: "", region: "aws-global", service: "clock" };

/**
 * A virtual clock that starts at the present time, or where it stood in this data directory when
 * that is later: what is stored must never lie in the future.
 */
export function storedClock(store: Store, onError: OnTaskError): VirtualClock {
  const rows = store.table<number>(SCOPE, "virtual");
  const presentMs = realClock(onError).nowMs();
  const clock = virtualClock(Math.max(presentMs, rows.get("nowMs") ?? 0), onError);
  return {
    ...clock,
    async advance(byMs) {
      // Before it moves too: a process that is killed on the way has stored what lies ahead.
      rows.set("nowMs", clock.nowMs() + byMs);
      await clock.advance(byMs);
      rows.set("nowMs", clock.nowMs());
    },
  };
}
