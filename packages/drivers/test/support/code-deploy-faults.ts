import type { ContractTarget } from "../driver-contract.ts";
import type { FaultProxy, SeenRequest } from "./fault-proxy.ts";

type Is = (request: SeenRequest) => boolean;

const isDeploy: Is = ({ action }) => /Deployment/.test(action);

/** What a contract does to the calls of a platform that CodeDeploy shifts. */
export function codeDeployFaults(
  proxy: FaultProxy,
  { isRead, isWrite }: { readonly isRead: Is; readonly isWrite: Is },
): { readonly faults: ContractTarget["faults"]; isReachable(): boolean } {
  let isReachable = true;
  return {
    faults: {
      // Weights after the first need no write: then it is CodeDeploy as a whole that does not answer.
      throttleWrites(times) {
        isReachable = times !== Infinity;
        proxy.inject(isReachable ? isWrite : isDeploy, "throttle", times);
      },
      failReads: (times) => proxy.inject(isRead, "serverError", times),
      staleReads: (times) => proxy.inject(isRead, "stale", times),
      loseWriteAnswer: () => proxy.inject(isWrite, "loseAnswer"),
      beforeWrite: (act) => proxy.before(isRead, act),
    },
    isReachable: () => isReachable,
  };
}
