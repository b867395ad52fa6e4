import type { HookCall } from "@headgate/core";

export function hookCall(target: HookCall["target"], timeoutMs = 10_000): HookCall {
  const input = {
    rollout: "r1",
    hook: "smoke",
    when: "beforeTraffic",
    stable: "3",
    canary: "4",
    weightBps: 1000,
  };
  return { name: "smoke", target, timeoutMs, input };
}
